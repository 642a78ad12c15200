import { jest } from '@jest/globals';
import { configureGlobal } from 'fast-check';
import { allow } from '#test/support/pace.js';
import { seed } from '#test/support/random.js';

/** Before each test file without servers. */
jest.setTimeout(allow(5_000));
configureGlobal({ seed });
