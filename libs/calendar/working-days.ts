import type { Holidays } from './bank-holidays.js';
import { dayNumber, dayOfNumber, isWeekend, isWeekendNumber } from './local-date.js';

/** True on Monday to Friday, bank holidays excepted. Days are `YYYY-MM-DD` here throughout; a wrong one throws RangeError. */
export function isWorkingDay(date: string, holidays: Holidays): boolean {
  return !isWeekend(date) && !holidays.has(date);
}

/**
 * The `n`th working day after `date` (before it, when negative); `date` itself is not counted, so that 2 from a Friday is Tuesday and
 * 1 from a Saturday is Monday. 0 gives `date` as it is.
 */
export function addWorkingDays(date: string, n: number, holidays: Holidays): string {
  const step = n < 0 ? -1 : 1;
  let day = dayNumber(date);
  for (let left = Math.abs(n); left > 0;) {
    day += step;
    if (!isWeekendNumber(day) && !holidays.has(dayOfNumber(day))) left -= 1;
  }
  return dayOfNumber(day);
}

/** `date` when it is a working day, else the last one before it: a reminder may come early, never late. */
export function workingDayOnOrBefore(date: string, holidays: Holidays): string {
  return isWorkingDay(date, holidays) ? date : addWorkingDays(date, -1, holidays);
}

/** `date` when it is a working day, else the first one after it. */
export function workingDayOnOrAfter(date: string, holidays: Holidays): string {
  return isWorkingDay(date, holidays) ? date : addWorkingDays(date, 1, holidays);
}
