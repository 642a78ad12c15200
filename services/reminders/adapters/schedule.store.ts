import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely, Selectable, Transaction, Updateable } from 'kysely';
import type { Clock } from '#libs/clock/clock.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { CaseEvent } from '../domain/case-event.js';
import { commitmentsOf } from '../domain/commitments.js';
import { nextOccurrence, planReminders } from '../domain/plan-reminders.js';
import type { Plan } from '../domain/plan-reminders.js';
import type { NewReminder, Reminder } from '../domain/reminder.js';
import { reminderDue } from '../domain/reminder-due.js';
import { goesOutAt } from '../domain/reminder-rules.js';
import type { ReminderRules } from '../domain/reminder-rules.js';
import type { Timer } from '../domain/timers.js';
import type { RemindersTables } from './reminders-tables.js';

/** What came of a timer's call. */
export type PutOut =
  | { readonly kind: 'put-out'; readonly next: readonly Timer[] }
  /** Not yet: `now` is the database's clock in mesh time, which alone counts. */
  | { readonly kind: 'early'; readonly remindAt: Date; readonly now: Date }
  /** Too late for its own hour: it goes out at the next office hour. */
  | { readonly kind: 'put-off'; readonly remindAt: Date; readonly now: Date }
  /** Nobody is told: the thing itself is over. A series goes on. */
  | { readonly kind: 'over'; readonly next: readonly Timer[] }
  /** It went out before, or nothing is to be reminded of any more. */
  | { readonly kind: 'gone' };

type Tx = Transaction<RemindersTables>;

/**
 * The schedule of record. Both ways into a case's schedule, an event and a timer, lock the case first, so that of an exit and a
 * reminder that goes out at the same moment each sees what the other did.
 */
export class ScheduleStore {
  constructor(
    private readonly db: Kysely<RemindersTables>,
    private readonly clock: Clock,
    private readonly rules: ReminderRules,
  ) {}

  /**
   * Takes an event in and brings the case's schedule to what all its events ask for, in one transaction. An event that was taken in
   * before changes nothing.
   * @returns timers to set. @throws MeshError `store-unavailable`
   */
  async record(event: CaseEvent): Promise<readonly Timer[]> {
    return this.inTransaction(async (tx) => {
      await lockCase(tx, event.caseId);
      if (!(await keepEvent(tx, event))) return [];
      const events = await tx
        .selectFrom('followed_event')
        .selectAll()
        .where('case_id', '=', event.caseId)
        .execute();
      const rows = await tx
        .selectFrom('reminder')
        .selectAll()
        .where('case_id', '=', event.caseId)
        .execute();
      const commitments = commitmentsOf(events.map(eventOf), this.rules);
      const reminders = rows.map(reminderOf);
      const plan = planReminders(commitments, reminders, await this.now(tx), this.rules);
      return applyPlan(tx, event.caseId, plan, reminders);
    });
  }

  /**
   * At a timer's call: if it is time by the database's clock and the record still stands, marks it due, puts `reminder.due` into the
   * outbox and schedules the next of a series, all in one transaction. Killed before the commit nothing has happened; after it, a second
   * call finds it gone. @throws MeshError `store-unavailable`
   */
  async putOut(reminder: string): Promise<PutOut> {
    return this.inTransaction(async (tx) => {
      const row = await lockReminder(tx, reminder);
      if (row === undefined) return { kind: 'gone' };
      const now = await this.now(tx);
      if (now < row.remind_at) return { kind: 'early', remindAt: row.remind_at, now };
      const at = goesOutAt(row.kind, row.due_on, now, this.rules);
      if (at === undefined) {
        await changeReminder(tx, reminder, { state: 'cancelled' });
        return { kind: 'over', next: await this.addNext(tx, reminderOf(row), now) };
      }
      if (at > now) {
        await changeReminder(tx, reminder, { remind_at: at });
        return { kind: 'put-off', remindAt: at, now };
      }
      await changeReminder(tx, reminder, { state: 'due', put_out_at: now });
      const message = reminderDue(reminderOf(row), now);
      await enqueue(tx, [{ id: message.id, body: Buffer.from(JSON.stringify(message)) }]);
      return { kind: 'put-out', next: await this.addNext(tx, reminderOf(row), now) };
    });
  }

  /** Every reminder of the cases, past ones too, by day. @throws MeshError `store-unavailable` */
  async ofCases(cases: readonly string[]): Promise<readonly Reminder[]> {
    const rows = await this.db
      .selectFrom('reminder')
      .selectAll()
      .where('case_id', 'in', cases.length === 0 ? [''] : [...cases])
      .orderBy('remind_at')
      .orderBy('reminder')
      .execute()
      .catch(rethrow);
    return rows.map(reminderOf);
  }

  private async addNext(tx: Tx, reminder: Reminder, now: Date): Promise<readonly Timer[]> {
    const next = nextOccurrence(reminder, reminder.occurrence, now, this.rules);
    return addReminders(tx, reminder.caseId, next === undefined ? [] : [next]);
  }

  /** The database's clock in mesh time: a worker's own clock may be weeks ahead, and then all it wakes for is early. */
  private async now(tx: Tx): Promise<Date> {
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(tx);
    return this.clock.fromReal(rows[0]?.now ?? new Date(NaN));
  }

  private async inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.transaction().execute(work).catch(rethrow);
  }
}

function rethrow(error: unknown): never {
  throw toStoreError(error);
}

async function lockCase(tx: Tx, caseId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`case:${caseId}`}, 0))`.execute(tx);
}

/** A reminder that is still to go out, with its case locked; undefined when there is none such. */
async function lockReminder(
  tx: Tx,
  reminder: string,
): Promise<Selectable<RemindersTables['reminder']> | undefined> {
  const found = await tx
    .selectFrom('reminder')
    .select('case_id')
    .where('reminder', '=', reminder)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  await lockCase(tx, found.case_id);
  return tx
    .selectFrom('reminder')
    .selectAll()
    .where('reminder', '=', reminder)
    .where('state', '=', 'scheduled')
    .executeTakeFirst();
}

async function changeReminder(
  tx: Tx,
  reminder: string,
  change: Updateable<RemindersTables['reminder']>,
): Promise<void> {
  await tx.updateTable('reminder').set(change).where('reminder', '=', reminder).execute();
}

async function keepEvent(tx: Tx, event: CaseEvent): Promise<boolean> {
  const { caseId, recordedAt, cause, facts, ...same } = event;
  const row = {
    ...same,
    case_id: caseId,
    recorded_at: recordedAt,
    cause: cause ?? null,
    facts: JSON.stringify(facts),
  };
  const kept = await tx
    .insertInto('followed_event')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return kept.numInsertedOrUpdatedRows === 1n;
}

async function applyPlan(
  tx: Tx,
  caseId: string,
  plan: Plan,
  reminders: readonly Reminder[],
): Promise<readonly Timer[]> {
  for (const { reminder, state } of plan.change) await changeReminder(tx, reminder, { state });
  const reopened = plan.change
    .filter(({ state }) => state === 'scheduled')
    .map(({ reminder }) => reminder);
  return [
    ...(await addReminders(tx, caseId, plan.schedule)),
    ...reminders.filter(({ reminder }) => reopened.includes(reminder)),
  ];
}

async function addReminders(
  tx: Tx,
  caseId: string,
  added: readonly NewReminder[],
): Promise<readonly Timer[]> {
  const rows = added.map((each) => ({
    reminder: randomUUID(),
    case_id: caseId,
    party: each.party,
    kind: each.kind,
    anchor: each.anchor,
    anchor_on: each.anchorOn,
    every_weeks: each.everyWeeks,
    repeats: each.repeats,
    occurrence: each.occurrence,
    due_on: each.dueOn,
    remind_at: each.remindAt,
  }));
  if (rows.length > 0) await tx.insertInto('reminder').values(rows).execute();
  return rows.map((row) => ({ reminder: row.reminder, remindAt: row.remind_at }));
}

function eventOf(row: Selectable<RemindersTables['followed_event']>): CaseEvent {
  const { case_id: caseId, recorded_at: recordedAt, cause, ...same } = row;
  return { ...same, caseId, recordedAt, cause: cause ?? undefined };
}

function reminderOf(row: Selectable<RemindersTables['reminder']>): Reminder {
  return {
    reminder: row.reminder,
    caseId: row.case_id,
    party: row.party,
    kind: row.kind,
    anchor: row.anchor,
    anchorOn: row.anchor_on,
    everyWeeks: row.every_weeks,
    repeats: row.repeats,
    occurrence: row.occurrence,
    dueOn: row.due_on,
    remindAt: row.remind_at,
    state: row.state,
    isPutOut: row.put_out_at !== null,
  };
}
