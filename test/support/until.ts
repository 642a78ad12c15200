import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until `probe` gives something other than undefined, null or false, and gives that back. A probe that throws is asked again.
 * @throws Error that names `what` (and the last error) when the deadline passes.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadlineMs = 15_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(20);
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
}
