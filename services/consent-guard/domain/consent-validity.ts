import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import type { ConsentTerms } from '#libs/contracts/consent-forms.js';
import type { Validity } from './record-consent.js';

/** How long a consent stands where the form names no end (ours): to the same day a year later. */
const defaultMonths = 12;

/**
 * From when until when a consent stands. Days are whole days in Europe/London, both ends included: until the last instant of
 * `validUntil`. It never begins before it was taken; nor, where the sender's clock runs ahead, later than it is recorded: a referral sent right
 * behind it would be refused.
 */
export function consentValidity(
  data: ConsentTerms,
  nowMs: number,
): Validity & { readonly untilDate: string } {
  const takenAtMs = Math.min(Date.parse(data.takenAt), nowMs);
  const takenOn = londonDate(new Date(takenAtMs));
  const fromMs =
    data.validFrom === undefined
      ? takenAtMs
      : Math.max(takenAtMs, londonInstant(data.validFrom, '00:00').getTime());
  const untilDate = data.validUntil ?? monthsAfter(data.validFrom ?? takenOn, defaultMonths);
  return { fromMs, untilMs: londonInstant(dayAfter(untilDate), '00:00').getTime(), untilDate };
}

const dayAfter = (date: string): string => addDays(date, 1);

/** The same day of the month so many months later; 29 February falls back to the 28th. */
function monthsAfter(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last)))
    .toISOString()
    .slice(0, 10);
}
