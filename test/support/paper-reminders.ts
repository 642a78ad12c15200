import { randomUUID } from 'node:crypto';
import { londonDate } from '#libs/calendar/london-time.js';
import type { ScheduledReminder } from '#libs/contracts/ask.js';
import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type CaseEvent, caseEventOf } from '#services/reminders/domain/case-event.js';
import { commitmentsOf } from '#services/reminders/domain/commitments.js';
import { nextOccurrence, planReminders } from '#services/reminders/domain/plan-reminders.js';
import type { NewReminder, Reminder } from '#services/reminders/domain/reminder.js';
import { reminderDue } from '#services/reminders/domain/reminder-due.js';
import type { ReminderRules } from '#services/reminders/domain/reminder-rules.js';

/** The decisions of reminders, with its schedule in memory instead of a database and its timers. */
export class PaperReminders {
  readonly #events = new Map<string, CaseEvent[]>();
  #rows: readonly Reminder[] = [];

  constructor(private readonly rules: ReminderRules) {}

  take(event: MeshEvent, now: Date): void {
    const told = caseEventOf(event);
    if (told === undefined) return;
    const { caseId } = told;
    const events = [...(this.#events.get(caseId) ?? []), told];
    this.#events.set(caseId, events);
    const own = this.#rows.filter((row) => row.caseId === caseId);
    const plan = planReminders(commitmentsOf(events, this.rules), own, now, this.rules);
    const states = new Map(plan.change.map(({ reminder, state }) => [reminder, state]));
    this.#rows = [
      ...this.#rows.map((row) => ({ ...row, state: states.get(row.reminder) ?? row.state })),
      ...plan.schedule.map((row) => scheduled(row, caseId)),
    ];
  }

  /** What is to go out by now, the earliest first; the next of a series is scheduled. */
  due(now: Date): readonly MeshEnvelope[] {
    const due = this.#rows
      .filter(({ state, remindAt }) => state === 'scheduled' && remindAt <= now)
      .toSorted((a, b) => a.remindAt.getTime() - b.remindAt.getTime());
    const next = due.flatMap((row) => {
      const following = nextOccurrence(row, row.occurrence, londonDate(now), this.rules);
      return following === undefined ? [] : [scheduled(following, row.caseId)];
    });
    this.#rows = [
      ...this.#rows.map((row) =>
        due.includes(row) ? { ...row, state: 'due' as const, isPutOut: true } : row,
      ),
      ...next,
    ];
    return due.map((row) => reminderDue(row, now));
  }

  ofCase(caseId: string): readonly ScheduledReminder[] {
    return this.#rows
      .filter((row) => row.caseId === caseId)
      .map(({ reminder, kind, anchor, party, dueOn, remindAt, occurrence, state }) => ({
        reminder,
        case: caseId,
        kind,
        anchor,
        party,
        dueOn,
        remindAt: remindAt.toISOString(),
        occurrence,
        state,
      }));
  }
}

const scheduled = (row: NewReminder, caseId: string): Reminder => ({
  ...row,
  caseId,
  reminder: randomUUID(),
  state: 'scheduled',
  isPutOut: false,
});
