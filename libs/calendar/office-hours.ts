import type { Holidays } from './bank-holidays.js';
import { londonDate, londonInstant, londonTime } from './london-time.js';
import { addWorkingDays, isWorkingDay } from './working-days.js';

/** When offices are at work, local time: from `opens` until just before `closes`. Chasing waits for it; alerts do not. */
const opens = '09:00';
const closes = '17:00';

/** True from 09:00 until just before 17:00 in London on a working day. */
export function isOfficeHour(at: Date, holidays: Holidays): boolean {
  const time = londonTime(at);
  return isWorkingDay(londonDate(at), holidays) && time >= opens && time < closes;
}

/** `at` itself when it lies in an office hour, else the next time that the offices open: 09:00 on a working day. */
export function nextOfficeHour(at: Date, holidays: Holidays): Date {
  if (isOfficeHour(at, holidays)) return at;
  const today = londonDate(at);
  const isBeforeWork = isWorkingDay(today, holidays) && londonTime(at) < opens;
  return londonInstant(isBeforeWork ? today : addWorkingDays(today, 1, holidays), opens);
}
