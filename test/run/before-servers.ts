import { jest } from '@jest/globals';
import { allow } from '#test/support/pace.js';

/** Before each test file with servers: they start, fail over and come back within their test. */
jest.setTimeout(allow(60_000));
