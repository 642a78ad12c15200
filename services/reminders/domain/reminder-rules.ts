import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import { nextOfficeHour } from '#libs/calendar/office-hours.js';
import { addWorkingDays, workingDayOnOrBefore } from '#libs/calendar/working-days.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';

/** How long before the thing itself its reminder goes out. Calendar days step back to a working day; working days are counted. */
export type Lead = { readonly days: number } | { readonly workingDays: number };

export interface ReminderRules {
  readonly leads: Readonly<Record<ReminderKind, Lead>>;
  /** Local time of day, `HH:MM`, Europe/London. */
  readonly timeOfDay: string;
  /** Weeks between care plan reviews where the plan does not say (joint working: "usually every 12 weeks"). */
  readonly reviewWeeks: number;
  /** Weeks from the start of a JSA claim to its mandatory interviews. */
  readonly interviewWeeks: {
    readonly 'claim-interview-13': number;
    readonly 'claim-interview-26': number;
  };
  /** Weeks between outcome profiles: quarterly. */
  readonly profileWeeks: number;
  readonly holidays: Holidays;
}

/** The protocol's figures; lead times are ours, and the deployment may change them. */
export const usualRules: Omit<ReminderRules, 'holidays'> = {
  leads: {
    'care-plan-review': { days: 7 },
    'claim-interview-13': { days: 7 },
    'claim-interview-26': { days: 7 },
    'review-appointment': { workingDays: 1 },
    'next-review': { days: 21 },
    'outcome-profile': { days: 7 },
    'consent-lapse': { days: 28 },
    'agreement-lapse-8': { days: 56 },
    'agreement-lapse-2': { days: 14 },
  },
  timeOfDay: '09:00',
  reviewWeeks: 12,
  profileWeeks: 13,
  interviewWeeks: { 'claim-interview-13': 13, 'claim-interview-26': 26 },
};

/** When the reminder of a thing that falls on `dueOn` goes out: always on a working day, early rather than late. */
export function remindAt(kind: ReminderKind, dueOn: string, rules: ReminderRules): Date {
  const lead = rules.leads[kind];
  const day =
    'workingDays' in lead
      ? addWorkingDays(dueOn, -lead.workingDays, rules.holidays)
      : workingDayOnOrBefore(addDays(dueOn, -lead.days), rules.holidays);
  return londonInstant(day, rules.timeOfDay);
}

/**
 * When the reminder goes out, as things stand: on its day; where that has passed already, at the next office hour. Undefined where the
 * thing itself would be over by then: nothing is announced after its own day.
 */
export function goesOutAt(
  kind: ReminderKind,
  dueOn: string,
  now: Date,
  rules: ReminderRules,
): Date | undefined {
  const onTime = remindAt(kind, dueOn, rules);
  const at = onTime > now ? onTime : nextOfficeHour(now, rules.holidays);
  return londonDate(at) > dueOn ? undefined : at;
}
