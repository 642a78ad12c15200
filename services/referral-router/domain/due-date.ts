import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';
import type { StepName } from '#libs/contracts/steps.js';

/** How many working days each step has, and on which days nobody works. */
export interface StepClocks {
  readonly workingDays: Readonly<Record<StepName, number>>;
  readonly holidays: Holidays;
}

/**
 * The last day for a step: its working days counted from the day it was opened, or from `from` where that is later.
 * @param openedAt RFC 3339
 * @param from a day `YYYY-MM-DD` or an instant, as the fact gives it; anything else counts as absent
 */
export function dueDate(
  step: StepName,
  openedAt: string,
  from: unknown,
  clocks: StepClocks,
): string {
  const opened = londonDate(new Date(openedAt));
  const later = localDay(from);
  return addWorkingDays(
    later !== undefined && later > opened ? later : opened,
    clocks.workingDays[step],
    clocks.holidays,
  );
}

/** The day in London of a fact that is a day or an instant, or undefined when it is neither. */
export function localDay(fact: unknown): string | undefined {
  if (typeof fact !== 'string' || Number.isNaN(Date.parse(fact))) return undefined;
  return /^\d{4}-\d{2}-\d{2}$/.test(fact) ? fact : londonDate(new Date(fact));
}
