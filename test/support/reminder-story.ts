import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { londonInstant } from '#libs/calendar/london-time.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { CaseEvent } from '#services/reminders/domain/case-event.js';
import { commitmentsOf } from '#services/reminders/domain/commitments.js';
import { nextOccurrence, planReminders } from '#services/reminders/domain/plan-reminders.js';
import type { Reminder } from '#services/reminders/domain/reminder.js';
import { goesOutAt, usualRules } from '#services/reminders/domain/reminder-rules.js';
import type { ReminderRules } from '#services/reminders/domain/reminder-rules.js';

/** The usual rules, in England. */
export const rules: ReminderRules = { ...usualRules, holidays: bankHolidays('england-and-wales') };

const fromJobCentre =
  /^(claim|referral[.](requested|cancelled)|review[.](offered|moved|held|not-held|outcome))/;

/** A case told in events and looked at on days: applies each plan as the store would. */
export class Story {
  readonly events: CaseEvent[] = [];
  rows: Reminder[] = [];

  tell(name: MessageName, facts: CaseEvent['facts'], more: Partial<CaseEvent> = {}): this {
    const seq = this.events.length + 1;
    const sender = fromJobCentre.test(name) ? 'jcp' : 'tp';
    const recordedAt = londonInstant('2026-03-02', '10:00');
    const base = {
      id: `m${seq}`,
      verdict: 'cleared',
      caseId: 'c',
      cause: undefined,
      recipient: sender === 'jcp' ? 'tp' : 'jcp',
    } as const;
    this.events.push({ ...base, seq, name, sender, facts, recordedAt, ...more });
    return this;
  }

  plan(today: string): this {
    const plan = planReminders(
      commitmentsOf(this.events, rules),
      this.rows,
      londonInstant(today, '12:00'),
      rules,
    );
    const state = new Map(plan.change.map((each) => [each.reminder, each.state]));
    this.rows = this.rows.map((row) => ({ ...row, state: state.get(row.reminder) ?? row.state }));
    this.rows.push(
      ...plan.schedule.map((each, n) => ({
        ...each,
        reminder: `r${this.rows.length + n}`,
        caseId: 'c',
        state: 'scheduled' as const,
        isPutOut: false,
      })),
    );
    return this;
  }

  /** As the timer does: what is scheduled up to the moment goes out, late or not at all; a series goes on. */
  putOut(today: string, time = '12:00'): this {
    const now = londonInstant(today, time);
    for (const row of this.rows.filter(
      ({ state, remindAt: at }) => state === 'scheduled' && at <= now,
    )) {
      const at = goesOutAt(row.kind, row.dueOn, now, rules);
      const isLate = at !== undefined && at > now;
      const out = { ...row, state: 'due' as const, isPutOut: true };
      const after =
        at === undefined
          ? { ...row, state: 'cancelled' as const }
          : isLate
            ? { ...row, remindAt: at }
            : out;
      this.rows = this.rows.map((each) => (each === row ? after : each));
      const next = isLate ? undefined : nextOccurrence(row, row.occurrence, now, rules);
      if (next !== undefined)
        this.rows.push({
          ...next,
          reminder: `r${this.rows.length}`,
          caseId: 'c',
          state: 'scheduled',
          isPutOut: false,
        });
    }
    return this;
  }

  get open(): string[] {
    return this.rows
      .filter(({ state }) => state === 'scheduled')
      .map((row) => `${row.kind} ${row.occurrence} ${row.dueOn}`);
  }

  /** What is scheduled of one kind. */
  openOf(kind: string): string[] {
    return this.open.filter((each) => each.startsWith(kind));
  }

  statesOf(kind: string): string[] {
    return this.states.filter((each) => each.startsWith(kind));
  }

  get states(): string[] {
    return this.rows.map((row) => `${row.kind} ${row.occurrence} ${row.state}`);
  }
}
