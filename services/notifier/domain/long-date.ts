const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const localDay = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'Europe/London',
});
const localTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'Europe/London' });

/** `2026-03-12` → `Thursday 12 March 2026`; a text that is no date stays as it is. */
export function longDate(date: string): string {
  const at = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? date : day.format(at).replace(',', '');
}

/** An RFC 3339 instant → `Thursday 12 March 2026 at 10:30`, in London time; a text that is no instant stays as it is. */
export function longMoment(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? instant : `${localDay.format(at).replace(',', '')} at ${localTime.format(at)}`;
}
