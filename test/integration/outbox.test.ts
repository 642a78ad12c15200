import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { claimOnce, forgetSeen } from '#libs/outbox/claim-once.js';
import { SeenSweep } from '#libs/outbox/seen-sweep.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import { OutboxRelay } from '#libs/outbox/outbox-relay.js';
import type { Publish } from '#libs/outbox/outbox-relay.js';
import { connectDatabase, createKysely } from '#libs/postgres/connect-database.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';
import { until } from '#test/support/until.js';

let server: PostgresServer;
let db: Kysely<object>;
beforeAll(async () => {
  server = await sharedPostgres();
  const pool = connectDatabase({
    url: await server.createDatabase('outbox'),
    applicationName: 'test',
  });
  await pool.query(await readFile('libs/outbox/outbox.sql', 'utf8'));
  db = createKysely(pool);
});
afterAll(async () => {
  await db.destroy();
  await server.stop();
});
beforeEach(async () => {
  await sql`truncate outbox, seen_message`.execute(db);
});

const message = (id: string) => ({ id, body: Buffer.from(`{"id":"${id}"}`) });
const waiting = async () => (await sql`select 1 from outbox`.execute(db)).rows.length;
const numbered = (count: number) => Array.from({ length: count }, (_, n) => message(`m${n}`));

function relay(publish: Publish, errors: unknown[] = []): OutboxRelay {
  return new OutboxRelay({ db, publish, onError: (error) => errors.push(error) });
}

describe('the outbox', () => {
  it('sends what was committed, in order, and nothing of what was rolled back', async () => {
    const sent: string[] = [];
    const outbox = relay(
      async (id, body) => void sent.push(`${id} ${Buffer.from(body).toString()}`),
    );
    outbox.start();
    await db.transaction().execute((tx) => enqueue(tx, [message('a'), message('b')]));
    await db
      .transaction()
      .execute(async (tx) => {
        await enqueue(tx, [message('never')]);
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    await db.transaction().execute((tx) => enqueue(tx, [message('c'), message('c')]));
    outbox.wake();
    await until('all is sent', async () => (await waiting()) === 0);
    expect(sent).toEqual(['a {"id":"a"}', 'b {"id":"b"}', 'c {"id":"c"}']);
    await outbox.stop();
    await outbox.stop();
  });

  it('keeps order and loses nothing when the broker refuses for a while, and sends what no one woke it for', async () => {
    const sent: string[] = [];
    const errors: unknown[] = [];
    let refusals = 2;
    const outbox = relay(async (id) => {
      if (id === 'm300' && refusals-- > 0) throw new Error('no broker');
      sent.push(id);
    }, errors);
    outbox.start();
    await enqueue(db, numbered(600));
    await until('all is sent', async () => (await waiting()) === 0);
    await outbox.stop();
    expect(sent).toEqual(numbered(600).map(({ id }) => id));
    expect(errors).toHaveLength(2);
  });

  it('waits at stop for the publish under way, and a later relay sends the rest', async () => {
    const sent: string[] = [];
    let release: (() => void) | undefined;
    const first = relay((id) => new Promise((done) => (release = () => done(sent.push(id)))));
    await enqueue(db, numbered(3));
    first.start();
    await until('the first publish is under way', () => release);
    const stopping = first.stop();
    release?.();
    await stopping;
    expect(sent).toEqual(['m0']);
    expect(await waiting()).toBe(2);
    const second = relay(async (id) => void sent.push(id));
    second.start();
    await until('the rest is sent', async () => (await waiting()) === 0);
    await second.stop();
    expect(sent).toEqual(['m0', 'm1', 'm2']);
  });
});

describe('claiming a message', () => {
  it('succeeds once, also for two transactions at the same time, and again after a rollback or when forgotten', async () => {
    const claim = () => db.transaction().execute((tx) => claimOnce(tx, 'x'));
    expect((await Promise.all([claim(), claim(), claim()])).filter(Boolean)).toHaveLength(1);
    await db
      .transaction()
      .execute(async (tx) => {
        expect(await claimOnce(tx, 'y')).toBe(true);
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    expect(await db.transaction().execute((tx) => claimOnce(tx, 'y'))).toBe(true);
    await forgetSeen(db, 90);
    expect(await claim()).toBe(false);
    await sql`update seen_message set seen_at = now() - interval '91 days'`.execute(db);
    const sweep = new SeenSweep({
      db,
      days: 90,
      everyMs: 10,
      onTrouble: (error) => expect(error).toBeUndefined(),
    });
    sweep.start();
    await until('it is forgotten', claim);
    await sweep.stop();
    expect(await claim()).toBe(false);
    await sql`update seen_message set seen_at = now() - interval '91 days'`.execute(db);
    await forgetSeen(db, 90);
    expect(await claim()).toBe(true);
  });
});
