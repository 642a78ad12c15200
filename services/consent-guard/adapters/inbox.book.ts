import type { Pool } from 'pg';
import type { z } from 'zod';
import { type askSettle, type askTake, answerBytes } from '#libs/contracts/ask-inbox.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Clock } from '#libs/clock/clock.js';
import type { GuardKeys } from './guard-keys.js';
import { lockSql } from './lock-sql.js';
import type { Wakes } from './wakes.js';

/** Of one party, at each guard: each holds a question open. */
const mostWaiting = 64;
/** A guard that was stopped between its commit and its answer answers no more: what it gave may have been taken back since. */
const answerWithinMs = 2_000;

/**
 * What waits for a recipient and is not in hand, in order; with it what the same take was given before, whose answer may have been lost. Within a
 * case nothing is given while an earlier message is in hand: not yet done, or taken back while it may be worked.
 */
const takeSql = `with next as materialized (
    select d.place, d.size from delivery d where d.recipient = $1 and d.state = 'open' and (d.lapses_at is null or d.lapses_at > $6)
      and (d.hand_until is null or d.hand_until <= clock_timestamp() or d.take = $2)
      and not exists (select 1 from delivery h where h.recipient = $1 and h.case_id = d.case_id and h.place < d.place
        and h.hand_until > clock_timestamp() and h.take is distinct from $2)
    order by d.place limit $3 for update),
  fit as (select place from (select place, sum(size) over (order by place) as total, row_number() over (order by place) as nth from next) n
    where total <= $4 or nth = 1),
  given as (update delivery d set given = d.given + 1, take = $2, hand_until = clock_timestamp() + make_interval(secs => $5)
    from fit where d.place = fit.place returning d.place, d.given)
  select g.place, g.given, b.body from given g join delivery_body b on b.id = g.place order by g.place`;
/** Nobody finishes what they never had. */
const doneSql = `with had as (select place from delivery where recipient = $1 and given > 0 and id = any($2::uuid[]) order by place for update),
  ended as (update delivery d set hand_until = null, state = case d.state when 'open' then 'done' else d.state end
    from had where d.place = had.place returning d.place, d.id),
  gone as (delete from delivery_body b using ended where b.id = ended.place)
  select id from ended`;
const againSql = `with held as (select d.place, a.ms from delivery d join unnest($2::uuid[], $3::int[]) a (id, ms) on a.id = d.id
    where d.recipient = $1 and d.state = 'open' and d.hand_until > clock_timestamp() order by d.place for update of d)
  update delivery d set hand_until = clock_timestamp() + make_interval(secs => held.ms / 1000.0) from held where d.place = held.place`;

interface GivenRow {
  readonly place: number;
  readonly given: number;
  readonly body: Buffer;
}

type Answer = Record<string, unknown>;

/**
 * The one place from which anything that was cleared goes to its recipient. A take is committed before it is answered: what may have been seen counts
 * as had. Not done within its time it waits again.
 */
export class InboxBook {
  private readonly waiting = new Map<string, number>();

  constructor(
    private readonly pool: Pool,
    private readonly parts: {
      readonly keys: GuardKeys;
      readonly wakes: Wakes;
      readonly clock: Clock;
      readonly inHandSeconds: number;
    },
  ) {}

  /** @throws MeshError `too-many-requests`; `store-unavailable`: nothing was given, or it is given again to the same take */
  async take(party: string, ask: z.output<typeof askTake>): Promise<Answer> {
    if (ask.done.length > 0) await this.settle(party, { done: ask.done, again: [] });
    const already = this.waiting.get(party) ?? 0;
    if (already >= mostWaiting)
      throw new MeshError(
        'too-many-requests',
        'too many questions of yours wait for the inbox already',
      );
    this.waiting.set(party, already + 1);
    try {
      return { messages: await this.takeOrWait(party, ask) };
    } finally {
      this.waiting.set(party, (this.waiting.get(party) ?? 1) - 1);
    }
  }

  /** @returns `done`: those that the party has had, whatever has become of them since */
  async settle(party: string, { done, again }: z.output<typeof askSettle>): Promise<Answer> {
    if (again.length > 0) {
      await this.pool.query(againSql, [
        party,
        again.map(({ id }) => id),
        again.map(({ afterMs }) => afterMs),
      ]);
      if (again.some(({ afterMs }) => afterMs === 0)) this.parts.wakes.wake([party]);
    }
    if (done.length === 0) return { done: [] };
    const { rows } = await this.pool.query<{ id: string }>(doneSql, [party, done]);
    // What came after one of these in its case may be given now.
    this.parts.wakes.wake([party]);
    return { done: rows.map(({ id }) => id) };
  }

  private async takeOrWait(
    party: string,
    { take, max, waitMs }: z.output<typeof askTake>,
  ): Promise<readonly Answer[]> {
    const end = performance.now() + waitMs;
    for (;;) {
      const waiting = this.parts.wakes.register(party);
      try {
        const messages = await this.takeNow(party, take, max);
        const leftMs = end - performance.now();
        if (messages.length > 0 || leftMs <= 0 || waiting.isEnding()) return messages;
        await waiting.within(leftMs);
      } finally {
        waiting.leave();
      }
    }
  }

  private async takeNow(party: string, take: string, max: number): Promise<readonly Answer[]> {
    const db = await this.pool.connect();
    try {
      // One take of a party at a time: two that lock the same rows would each leave out what the other has.
      await db.query(`begin; ${lockSql('take', party)}`);
      const { rows } = await db.query<GivenRow>({
        name: 'take',
        text: takeSql,
        values: [party, take, max, answerBytes, this.parts.inHandSeconds, this.parts.clock.now()],
      });
      const committedAt = performance.now();
      await db.query('commit');
      db.release();
      return this.answerOf(rows, committedAt);
    } catch (error) {
      db.release(true);
      throw error;
    }
  }

  private answerOf(rows: readonly GivenRow[], committedAt: number): readonly Answer[] {
    const messages: Answer[] = [];
    for (const { place, given, body } of rows) {
      const text = this.parts.keys.open(body, String(place)).toString('utf8');
      messages.push({ place, given, message: JSON.parse(text) as unknown });
    }
    if (performance.now() - committedAt > answerWithinMs)
      throw new MeshError('answer-timeout', 'too late to be answered; ask again');
    return messages;
  }
}
