import published from './bank-holidays.json' with { type: 'json' };

export type Division = keyof typeof published.divisions;

/** Days `YYYY-MM-DD` on which nobody works, weekends aside. */
export type Holidays = ReadonlySet<string>;

/**
 * The bank holidays of a division as GOV.UK publishes them (`bank-holidays.json` beside this file names its source and is edited when
 * one is proclaimed), with any `also` that the deployment adds. Years that are not published yet have weekends only.
 */
export function bankHolidays(division: Division, also: Iterable<string> = []): Holidays {
  return new Set([...published.divisions[division].map(({ date }) => date), ...also]);
}
