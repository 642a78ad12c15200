import { DateTime } from 'luxon';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';

const zone = 'Europe/London';
const holidays = bankHolidays('england-and-wales');

const isWorkday = (day: DateTime): boolean =>
  day.weekday <= 5 && !holidays.has(day.toISODate() ?? '');

/*
 * The dates that the journey expects, worked out here once more from the protocol and the stated lead times, with another library than the
 * services use: a check that computes with what it checks would show nothing.
 */

/** The day `weeks` after a day, `YYYY-MM-DD`. */
export const weeksAfter = (day: string, weeks: number): string =>
  DateTime.fromISO(day, { zone }).plus({ weeks }).toISODate() ?? '';

/** When the reminder of a thing due on `dueOn` goes out: `leadDays` before, stepped back to a working day, 09:00 in London. */
export function reminderBefore(dueOn: string, leadDays: number): Date {
  let day = DateTime.fromISO(dueOn, { zone }).minus({ days: leadDays });
  while (!isWorkday(day)) day = day.minus({ days: 1 });
  return day.set({ hour: 9 }).toJSDate();
}

/** `count` working days before (negative) or after a day or instant, at a time of day in London. */
export function workingDaysFrom(
  from: string | Date,
  count: number,
  hour: number,
  minute = 0,
): Date {
  let day =
    typeof from === 'string'
      ? DateTime.fromISO(from, { zone })
      : DateTime.fromJSDate(from, { zone });
  for (let left = Math.abs(count); left > 0;) {
    day = day.plus({ days: Math.sign(count) });
    if (isWorkday(day)) left -= 1;
  }
  return day.set({ hour, minute, second: 0, millisecond: 0 }).toJSDate();
}

/** The next moment at which offices are open, from 09:30 to 15:00 on a working day: `at` itself when they are. */
export function nextOfficeHour(at: Date): Date {
  const local = DateTime.fromJSDate(at, { zone });
  const minutes = local.hour * 60 + local.minute;
  if (isWorkday(local) && minutes >= 9 * 60 + 30 && minutes < 15 * 60) return at;
  if (isWorkday(local) && minutes < 9 * 60 + 30) return workingDaysFrom(at, 0, 9, 30);
  return workingDaysFrom(at, 1, 9, 30);
}

/** The day in London, `YYYY-MM-DD`. */
export const dayOf = (at: Date): string => DateTime.fromJSDate(at, { zone }).toISODate() ?? '';

export const minutesAfter = (at: Date | string, minutes: number): Date =>
  new Date(new Date(at).getTime() + minutes * 60_000);

/** For people: day and time in London. */
export const londonStamp = (at: Date): string =>
  DateTime.fromJSDate(at, { zone }).toFormat('yyyy-MM-dd HH:mm');
