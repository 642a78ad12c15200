import { setTimeout as delay } from 'node:timers/promises';
import { allow } from './pace.js';

/** Asking costs the machine, too: what does not come at once is asked for less and less often. */
const firstPauseMs = 10;
const longestPauseMs = 200;

/**
 * Polls until `probe` gives something other than undefined, null or false, and gives that back. A probe that throws is asked again.
 * @param deadlineMs on an idle machine; on a busy one it is that much longer
 * @throws Error that names `what` (and the last error) when the deadline passes.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadlineMs = 30_000,
): Promise<NonNullable<T>> {
  const allowedMs = allow(deadlineMs);
  const end = performance.now() + allowedMs;
  let last: unknown;
  for (let pauseMs = firstPauseMs; performance.now() < end;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(pauseMs);
    pauseMs = Math.min(longestPauseMs, pauseMs * 1.5);
  }
  throw new Error(`not within ${allowedMs} ms: ${what}`, { cause: last });
}
