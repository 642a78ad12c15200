import { remembered } from './remembered.js';

const dayMs = 24 * 3_600_000;
const pattern = /^\d{4}-\d{2}-\d{2}$/;

/**
 * A day of the civil calendar as `YYYY-MM-DD`, without time or zone; such text sorts as the days do. Days are counted from 1970-01-01.
 * @throws RangeError when the text is not a real day.
 */
export const dayNumber = remembered((date: string): number => {
  const ms = pattern.test(date) ? Date.parse(date) : NaN; // a date alone is midnight in UTC
  // 2026-02-30 parses as 2 March: only a day that comes back as itself is one.
  if (Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(date.slice(8)))
    throw new RangeError('not a day in the form YYYY-MM-DD');
  return ms / dayMs;
});

/** A real day in that form: 2026-02-30 is none. */
export function isDay(date: string): boolean {
  try {
    dayNumber(date);
    return true;
  } catch {
    return false;
  }
}

export const dayOfNumber = remembered((number: number): string =>
  new Date(number * dayMs).toISOString().slice(0, 10),
);

/** The day `days` after (or, negative, before) `date`. */
export const addDays = (date: string, days: number): string => dayOfNumber(dayNumber(date) + days);

/** Days from `from` to `to`, negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return dayNumber(to) - dayNumber(from);
}

export const isWeekend = (date: string): boolean => isWeekendNumber(dayNumber(date));

export function isWeekendNumber(day: number): boolean {
  const weekday = (day + 4) % 7; // day 0, 1 January 1970, was a Thursday
  return weekday === 0 || weekday === 6;
}
