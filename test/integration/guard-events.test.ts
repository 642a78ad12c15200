import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { EventBook } from '#services/consent-guard/adapters/event.book.js';
import { insertEvents } from '#services/consent-guard/adapters/event-rows.js';
import { inTransaction } from '#services/consent-guard/adapters/key-fence.js';
import { insertRecords, seqOf } from '#services/consent-guard/adapters/record-rows.js';
import type { Wakes } from '#services/consent-guard/adapters/wakes.js';
import { newRecord, openGuardDatabase } from '#test/support/evidence-database.js';
import { randomOf } from '#test/support/random.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';
import { until } from '#test/support/until.js';

/* What those who follow are told, from a real PostgreSQL: nobody waits here, so nobody is woken. */

const at = new Date('2026-03-02T09:00:00Z');
const nobodyWaits = {
  register: () => ({
    leave: () => undefined,
    isEnding: () => true,
    within: () => Promise.resolve(),
  }),
} as unknown as Wakes;
let postgres: PostgresServer;
let pool: Pool;
let book: EventBook;

beforeAll(async () => {
  postgres = await sharedPostgres();
  pool = await openGuardDatabase(await postgres.createDatabase('guard'));
  book = new EventBook(pool, nobodyWaits);
});
afterAll(async () => {
  await pool.end();
  await postgres.stop();
});
beforeEach(() => pool.query('truncate event'));

/** Writes a decision and its event as a batch does; others may commit before `before` is over. */
const write = async (before: () => Promise<unknown> = () => Promise.resolve()): Promise<string> => {
  const record = newRecord();
  await inTransaction(pool, async (db) => {
    const seqs = await insertRecords(db, [record], at);
    await insertEvents(db, [{ seq: seqOf(record, seqs) }]);
    await before();
  });
  return record.id;
};
const after = async (number: number, max = 512) =>
  (await book.events({ after: number, max, waitMs: 0 })).events.map((each) => ({
    number: each.number,
    id: each.event.id,
  }));

describe('who follows', () => {
  it('is told of what was written first and committed last, though they have followed to what was written after it', async () => {
    let second = '';
    let followedTo = 0;
    const first = await write(async () => {
      second = await write();
      const [told] = await after(0);
      expect(told?.id).toBe(second);
      followedTo = told?.number ?? 0;
    });
    expect(await after(followedTo)).toEqual([{ number: followedTo + 1, id: first }]);
  });

  it('is told the same as another who asks before the first is answered, though more was committed meanwhile', async () => {
    const holder = await pool.connect();
    const areHeld = (count: number) =>
      until('they are held up', async () => {
        const { rows } = await holder.query('select 1 from pg_locks where not granted');
        return rows.length >= count;
      });
    let one: ReturnType<typeof after> = Promise.resolve([]);
    await write(async () => {
      for (let n = 0; n < 20; n += 1) await write();
      // Who numbers this one waits for it, with what was committed by now before their eyes.
      await holder.query('begin; select id from event order by id desc limit 1 for update');
      one = after(0);
      await areHeld(1);
    });
    const other = after(0);
    await areHeld(2);
    await holder.query('rollback');
    holder.release();
    // The 21st too where the other was the quicker one.
    const [told, toldOther, all] = [await one, await other, await after(0)];
    expect(told.length).toBeGreaterThanOrEqual(20);
    expect(toldOther.slice(0, told.length)).toEqual(told);
    expect(all.slice(0, toldOther.length)).toEqual(toldOther);
  });

  it('is told of each once, in the order of the numbers, while many write and many ask', async () => {
    const random = randomOf('events');
    let isOver = false;
    const written: string[] = [];
    const writers = Array.from({ length: 3 }, async () => {
      for (let n = 0; n < 100; n += 1)
        written.push(
          await write(() => pool.query(`select pg_sleep($1)`, [random.fraction() / 50])),
        );
    });
    const follow = async (): Promise<string[]> => {
      const told: string[] = [];
      for (let place = 0; ;) {
        const wasOver = isOver;
        const events = await after(place, 7);
        for (const { number, id } of events) {
          expect(number).toBe(place + 1);
          place = number;
          told.push(id);
        }
        if (wasOver && events.length === 0) return told;
      }
    };
    const followers = [follow(), follow()];
    await Promise.all(writers);
    isOver = true;
    const [one = [], other = []] = await Promise.all(followers);
    expect(one).toEqual(other);
    expect(one.toSorted()).toEqual(written.toSorted());
  });
});
