import { seed } from '#test/support/random.js';
import { measurePace } from './measure-pace.js';
import { RunFolder } from './run-folder.js';

/** What the end of the run undoes, latest first. This module lives in jest's main process, whose start and end both load it. */
const ends: (() => Promise<void> | void)[] = [];
let beginning: Promise<RunFolder> | undefined;

/** Draws the seed, measures the machine and makes the run's folder, once however many projects ask. The workers inherit all three. */
export function beginRun(): Promise<RunFolder> {
  beginning ??= (async () => {
    process.env['SEED'] = String(seed);
    process.env['TEST_PACE'] = (await measurePace()).toFixed(2);
    const folder = RunFolder.open();
    atEndOfRun(() => folder.close());
    return folder;
  })();
  return beginning;
}

export function atEndOfRun(end: () => Promise<void> | void): void {
  ends.push(end);
}

/** @throws Error when something was left running or could not be stopped */
export async function endRun(): Promise<void> {
  const failed: unknown[] = [];
  for (const end of ends.splice(0).toReversed()) {
    try {
      await end();
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw new Error(failed.map(String).join('\n'), { cause: failed[0] });
}
