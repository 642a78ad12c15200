import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Commitment } from './commitments.js';
import { closedState } from './reminder.js';
import type { Counting, NewReminder, Reminder, ReminderState } from './reminder.js';
import { remindAt } from './reminder-rules.js';
import type { ReminderRules } from './reminder-rules.js';

/** What is to change in a case's schedule. */
export interface Plan {
  readonly schedule: readonly NewReminder[];
  readonly close: readonly { readonly reminder: string; readonly state: ReminderState }[];
}

/**
 * Brings the schedule of a case to what its commitments ask: what has ended is closed, what stands has its next reminder scheduled.
 * Applied twice it changes nothing. A thing whose own day has passed is not reminded of; one whose reminder's day alone has passed is,
 * at once.
 */
export function planReminders(commitments: readonly Commitment[], reminders: readonly Reminder[], now: Date, rules: ReminderRules): Plan {
  const today = londonDate(now);
  const close = reminders.flatMap((each) => {
    const commitment = commitments.find(({ anchor, kind }) => anchor === each.anchor && kind === each.kind);
    // One that events learned of late took away never was.
    const ending = commitment === undefined ? 'ended' : commitment.ending;
    const state = ending === undefined ? each.state : closedState(each.state, ending);
    return state === each.state ? [] : [{ reminder: each.reminder, state }];
  });
  const schedule = commitments
    .filter(({ ending }) => ending === undefined)
    .flatMap((commitment) => {
      const own = reminders.filter(({ anchor, kind }) => anchor === commitment.anchor && kind === commitment.kind);
      if (own.some(({ state }) => state === 'scheduled')) return [];
      const last = Math.max(0, ...own.map(({ occurrence }) => occurrence));
      return nextOccurrence(commitment, last, today, rules) ?? [];
    });
  return { schedule, close };
}

/** The occurrence after `last` whose day has not passed, or undefined when there is none. Those that were slept through are left out. */
export function nextOccurrence(counting: Counting, last: number, today: string, rules: ReminderRules): NewReminder | undefined {
  const { kind, anchor, party, anchorOn, everyWeeks, repeats } = counting;
  if (!repeats && last > 0) return undefined;
  for (let occurrence = last + 1; ; occurrence += 1) {
    const dueOn = addDays(anchorOn, 7 * everyWeeks * occurrence);
    if (dueOn >= today)
      return { kind, anchor, party, anchorOn, everyWeeks, repeats, occurrence, dueOn, remindAt: remindAt(kind, dueOn, rules) };
    if (!repeats) return undefined;
  }
}
