import { addDays } from '#libs/calendar/local-date.js';
import type { Commitment } from './commitment.js';
import { closedState } from './reminder.js';
import type { Counting, Ending, NewReminder, Reminder, ReminderState } from './reminder.js';
import { goesOutAt } from './reminder-rules.js';
import type { ReminderRules } from './reminder-rules.js';

/** What is to change in a case's schedule. */
export interface Plan {
  readonly schedule: readonly NewReminder[];
  readonly change: readonly { readonly reminder: string; readonly state: ReminderState }[];
}

/**
 * Brings the schedule of a case to what its commitments ask: what has ended is closed, what stands has its next reminder scheduled.
 * Applied twice it changes nothing. A thing whose own day has passed is not reminded of; one whose reminder's day alone has passed is,
 * at the next office hour.
 */
export function planReminders(
  commitments: readonly Commitment[],
  reminders: readonly Reminder[],
  now: Date,
  rules: ReminderRules,
): Plan {
  const endingOf = (each: Reminder): Ending | undefined => {
    const commitment = commitments.find((candidate) => isCountedBy(candidate, each));
    // One that an event learned of late took away never was.
    if (commitment === undefined) return 'ended';
    return commitment.ending ?? (isSettled(commitment, each) ? 'happened' : undefined);
  };
  const closed = reminders.flatMap((each) => {
    const ending = endingOf(each);
    const state = ending === undefined ? each.state : closedState(each.state, ending);
    return state === each.state ? [] : [{ reminder: each.reminder, state }];
  });
  const schedule: NewReminder[] = [];
  const reopened: Plan['change'][number][] = [];
  for (const commitment of commitments.filter(({ ending }) => ending === undefined)) {
    const own = reminders.filter((each) => isCountedBy(commitment, each));
    if (own.some((each) => each.state === 'scheduled' && !isSettled(commitment, each))) continue;
    const last = Math.max(
      commitment.settled ?? 0,
      ...own.filter(({ isPutOut }) => isPutOut).map(({ occurrence }) => occurrence),
    );
    const next = nextOccurrence(commitment, last, now, rules);
    if (next === undefined) continue;
    const known = own.find(({ occurrence }) => occurrence === next.occurrence);
    if (known === undefined) schedule.push(next);
    else reopened.push({ reminder: known.reminder, state: 'scheduled' });
  }
  return { schedule, change: [...closed, ...reopened] };
}

/** This occurrence has happened, though its series goes on. */
function isSettled({ settled = 0 }: Commitment, { occurrence }: Reminder): boolean {
  return occurrence <= settled;
}

function isCountedBy(counting: Counting, { anchor, kind }: Counting): boolean {
  return counting.anchor === anchor && counting.kind === kind;
}

/** The occurrence after `last` that can still be reminded of, or undefined when there is none. Those that were slept through are left out. */
export function nextOccurrence(
  counting: Counting,
  last: number,
  now: Date,
  rules: ReminderRules,
): NewReminder | undefined {
  const { kind, anchor, party, anchorOn, everyWeeks, repeats } = counting;
  if (!repeats && last > 0) return undefined;
  for (let occurrence = last + 1; ; occurrence += 1) {
    const dueOn = addDays(anchorOn, 7 * everyWeeks * occurrence);
    const at = goesOutAt(kind, dueOn, now, rules);
    if (at !== undefined)
      return {
        kind,
        anchor,
        party,
        anchorOn,
        everyWeeks,
        repeats,
        occurrence,
        dueOn,
        remindAt: at,
      };
    if (!repeats) return undefined;
  }
}
