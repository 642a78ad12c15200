import { londonDate, londonTime } from '#libs/calendar/london-time.js';

const day = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** `2026-03-12` becomes `Thursday 12 March 2026`; a text that is no date stays as it is. */
export function longDate(date: string): string {
  const at = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? date : day.format(at).replace(',', '');
}

/** An RFC 3339 instant becomes `Thursday 12 March 2026 at 10:30`, in London time; a text that is no instant stays as it is. */
export function longMoment(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? instant : `${longDate(londonDate(at))} at ${londonTime(at)}`;
}
