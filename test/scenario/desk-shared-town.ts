import { afterAll, beforeAll } from '@jest/globals';
import { DeskTown } from '#test/support/desk-town.js';

/** One mesh, three desks and one browser for all stories: they take half a minute to start. */
export let town: DeskTown;

beforeAll(async () => {
  town = await DeskTown.start(['jcp', 'trt_riverside', 'spoc_lsw']);
}, 240_000);
afterAll(() => town?.stop());
