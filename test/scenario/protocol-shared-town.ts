import { afterAll, beforeAll } from '@jest/globals';
import { ProtocolTown } from '#test/support/protocol-town.js';

/** One mesh for all stories of the protocol: each is about a client of its own. */
export let town: ProtocolTown;

beforeAll(async () => {
  town = await ProtocolTown.start();
}, 240_000);
afterAll(() => town?.stop());
