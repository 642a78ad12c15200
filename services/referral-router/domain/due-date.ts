import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { isDay } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { addWorkingDays, workingDayOnOrAfter } from '#libs/calendar/working-days.js';
import type { StepName } from '#libs/contracts/steps.js';

/** How many working days each step has, and on which days nobody works. */
export interface StepClocks {
  readonly workingDays: Readonly<Record<StepName, number>>;
  readonly holidays: Holidays;
}

/** What a step is counted from. */
export interface Counted {
  /** RFC 3339. */
  readonly openedAt: string;
  /** A day `YYYY-MM-DD` or an instant, as the fact gives it; anything else counts as absent. */
  readonly from?: unknown;
  /** The day on which it can be done, where one is named. */
  readonly on?: string | undefined;
}

/**
 * The last day for a step: `on`, where that is later than the day it was opened; else its working days counted from that day, or from
 * `from` where that is later.
 */
export function dueDate(
  step: StepName,
  { openedAt, from, on }: Counted,
  { workingDays, holidays }: StepClocks,
): string {
  const opened = londonDate(new Date(openedAt));
  if (on !== undefined && on > opened) return workingDayOnOrAfter(on, holidays);
  const later = localDay(from);
  const start = later !== undefined && later > opened ? later : opened;
  return addWorkingDays(start, workingDays[step], holidays);
}

/** The day in London of a fact that is a day or an instant, or undefined when it is neither. */
export function localDay(fact: unknown): string | undefined {
  if (typeof fact !== 'string' || Number.isNaN(Date.parse(fact))) return undefined;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(fact)) return londonDate(new Date(fact));
  return isDay(fact) ? fact : undefined;
}
