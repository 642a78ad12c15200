import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Clock } from '#libs/clock/clock.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { goesOutAt, remindAt } from '../domain/reminder-rules.js';
import type { ReminderRules } from '../domain/reminder-rules.js';
import type { Timer } from '../domain/timers.js';
import type { RemindersTables } from './reminders-tables.js';

export interface ScheduledPage {
  readonly timers: readonly Timer[];
  /** Those of them whose time was moved now. */
  readonly moved: readonly Timer[];
}

const page = 1_000;

/** The schedule as the upkeep reads it: all that is to come, what should have gone out, what may be forgotten. */
export class UpkeepStore {
  constructor(
    private readonly db: Kysely<RemindersTables>,
    private readonly clock: Clock,
    private readonly rules: ReminderRules,
  ) {}

  /**
   * All that is scheduled, a page at a time. Times are computed anew from the days on record: a bank holiday proclaimed since, another
   * lead time or hour, moves what is scheduled; what is late goes to the next office hour. @throws MeshError `store-unavailable`
   */
  async *scheduled(): AsyncGenerator<ScheduledPage> {
    for (let last = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows = await this.db
        .selectFrom('reminder')
        .select(['reminder', 'kind', 'due_on', 'remind_at'])
        .where('state', '=', 'scheduled')
        .where('reminder', '>', last)
        .orderBy('reminder')
        .limit(page)
        .execute()
        .catch(rethrow);
      const now = await this.databaseTime(0);
      const timers = rows.map((row) => ({
        reminder: row.reminder,
        // What is over keeps its time: it is looked at once more, and then announced to nobody.
        remindAt:
          goesOutAt(row.kind, row.due_on, now, this.rules) ??
          remindAt(row.kind, row.due_on, this.rules),
      }));
      const moved = timers.filter(
        (timer, n) => timer.remindAt.getTime() !== rows[n]?.remind_at.getTime(),
      );
      await this.move(moved);
      if (timers.length > 0) yield { timers, moved };
      if (rows.length < page) return;
      last = rows.at(-1)?.reminder ?? last;
    }
  }

  /** What should have gone out by the database's clock at least `graceMs` of real time ago, oldest first. @throws MeshError `store-unavailable` */
  async overdue(graceMs: number): Promise<readonly string[]> {
    const before = await this.databaseTime(graceMs);
    const rows = await this.db
      .selectFrom('reminder')
      .select('reminder')
      .where('state', '=', 'scheduled')
      .where('remind_at', '<=', before)
      .orderBy('remind_at')
      .limit(page)
      .execute()
      .catch(rethrow);
    return rows.map(({ reminder }) => reminder);
  }

  /** How many are to come, for the metrics. @throws MeshError `store-unavailable` */
  async countScheduled(): Promise<number> {
    const count = this.db
      .selectFrom('reminder')
      .select((is) => is.fn.countAll<number>().as('count'));
    return (await count.where('state', '=', 'scheduled').executeTakeFirstOrThrow().catch(rethrow))
      .count;
  }

  /**
   * Forgets cases of which nothing is to come and nothing was heard for so many days. Nothing is kept longer than its purpose.
   * @throws MeshError `store-unavailable`
   */
  async forget(days: number): Promise<void> {
    const before = await this.databaseTime(days * 24 * 3_600_000);
    await sql`with quiet as (
        select case_id from followed_event group by case_id
        having max(recorded_at) < ${before} and not exists (
          select from reminder where reminder.case_id = followed_event.case_id and (state = 'scheduled' or put_out_at >= ${before}))),
      unheard as (delete from followed_event where case_id in (select case_id from quiet))
      delete from reminder where case_id in (select case_id from quiet)`
      .execute(this.db)
      .catch(rethrow);
  }

  /** The database's clock so many real milliseconds ago, in mesh time. */
  private async databaseTime(realMsAgo: number): Promise<Date> {
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`
      .execute(this.db)
      .catch(rethrow);
    return this.clock.fromReal(new Date((rows[0]?.now.getTime() ?? NaN) - realMsAgo));
  }

  private async move(moved: readonly Timer[]): Promise<void> {
    if (moved.length === 0) return;
    const ids = moved.map(({ reminder }) => reminder);
    const times = moved.map((timer) => timer.remindAt.toISOString());
    await sql`update reminder set remind_at = moved.remind_at from unnest(${ids}::uuid[], ${times}::timestamptz[]) as moved (reminder, remind_at)
      where reminder.reminder = moved.reminder and state = 'scheduled'`
      .execute(this.db)
      .catch(rethrow);
  }
}

function rethrow(error: unknown): never {
  throw toStoreError(error);
}
