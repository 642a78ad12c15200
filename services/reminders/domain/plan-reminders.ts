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
  readonly change: readonly { readonly reminder: string; readonly state: ReminderState }[];
}

/**
 * Brings the schedule of a case to what its commitments ask: what has ended is closed, what stands has its next reminder scheduled.
 * Applied twice it changes nothing. A thing whose own day has passed is not reminded of; one whose reminder's day alone has passed is,
 * at once.
 */
export function planReminders(
  commitments: readonly Commitment[],
  reminders: readonly Reminder[],
  now: Date,
  rules: ReminderRules,
): Plan {
  const today = londonDate(now);
  const closed = reminders.flatMap((each) => {
    // One that an event learned of late took away never was.
    const commitment = commitments.find((candidate) => isCountedBy(candidate, each));
    const ending = commitment === undefined ? 'ended' : commitment.ending;
    const state = ending === undefined ? each.state : closedState(each.state, ending);
    return state === each.state ? [] : [{ reminder: each.reminder, state }];
  });
  const schedule: NewReminder[] = [];
  const reopened: Plan['change'][number][] = [];
  for (const commitment of commitments) {
    const own = reminders.filter((each) => isCountedBy(commitment, each));
    if (commitment.ending !== undefined || own.some(({ state }) => state === 'scheduled')) continue;
    const last = Math.max(
      0,
      ...own.filter(({ isPutOut }) => isPutOut).map(({ occurrence }) => occurrence),
    );
    const next = nextOccurrence(commitment, last, today, rules);
    if (next === undefined) continue;
    const known = own.find(({ occurrence }) => occurrence === next.occurrence);
    if (known === undefined) schedule.push(next);
    else reopened.push({ reminder: known.reminder, state: 'scheduled' });
  }
  return { schedule, change: [...closed, ...reopened] };
}

function isCountedBy(counting: Counting, { anchor, kind }: Counting): boolean {
  return counting.anchor === anchor && counting.kind === kind;
}

/** The occurrence after `last` whose day has not passed, or undefined when there is none. Those that were slept through are left out. */
export function nextOccurrence(
  counting: Counting,
  last: number,
  today: string,
  rules: ReminderRules,
): NewReminder | undefined {
  const { kind, anchor, party, anchorOn, everyWeeks, repeats } = counting;
  if (!repeats && last > 0) return undefined;
  for (let occurrence = last + 1; ; occurrence += 1) {
    const dueOn = addDays(anchorOn, 7 * everyWeeks * occurrence);
    if (dueOn >= today)
      return {
        kind,
        anchor,
        party,
        anchorOn,
        everyWeeks,
        repeats,
        occurrence,
        dueOn,
        remindAt: remindAt(kind, dueOn, rules),
      };
    if (!repeats) return undefined;
  }
}
