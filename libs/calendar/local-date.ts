const dayMs = 24 * 3_600_000;
const pattern = /^\d{4}-\d{2}-\d{2}$/;

/**
 * A day of the civil calendar as `YYYY-MM-DD`, without time or zone; such text sorts as the days do.
 * @throws RangeError when the text is not a real day.
 */
function dayNumber(date: string): number {
  const ms = pattern.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN;
  // 2026-02-30 parses as 2 March: only a day that comes back as itself is one.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date)
    throw new RangeError('not a day in the form YYYY-MM-DD');
  return ms / dayMs;
}

/** The day `days` after (or, negative, before) `date`. */
export function addDays(date: string, days: number): string {
  return new Date((dayNumber(date) + days) * dayMs).toISOString().slice(0, 10);
}

/** Days from `from` to `to`, negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return dayNumber(to) - dayNumber(from);
}

export function isWeekend(date: string): boolean {
  const weekday = (dayNumber(date) + 4) % 7; // day 0, 1 January 1970, was a Thursday
  return weekday === 0 || weekday === 6;
}
