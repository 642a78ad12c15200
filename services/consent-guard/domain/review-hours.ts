import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { londonDate, londonTime } from '#libs/calendar/london-time.js';
import { isWorkingDay } from '#libs/calendar/working-days.js';

/** When a review can be held without both sides having agreed to another time: local time, `closes` itself excluded. */
const opens = '08:00';
const closes = '18:00';

const holidays = bankHolidays('england-and-wales');

/** @param startsAt RFC 3339; true on a working day within the hours of reviews in London */
export function isInHoursOfReviews(startsAt: string): boolean {
  const at = new Date(startsAt);
  if (Number.isNaN(at.getTime())) return false;
  const time = londonTime(at);
  return isWorkingDay(londonDate(at), holidays) && time >= opens && time < closes;
}
