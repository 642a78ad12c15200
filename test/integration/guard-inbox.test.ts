import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import { SystemClock } from '#libs/clock/system-clock.js';
import { askSettle, askTake, settleReply, takeReply } from '#libs/contracts/ask-inbox.js';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { createLogger } from '#libs/logging/create-logger.js';
import { type AnswerServer, serveAsks } from '#libs/nats/answer-server.js';
import { askFor } from '#libs/nats/ask-client.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { insertDeliveries } from '#services/consent-guard/adapters/delivery-rows.js';
import { GuardKeys } from '#services/consent-guard/adapters/guard-keys.js';
import { InboxBook } from '#services/consent-guard/adapters/inbox.book.js';
import { inTransaction } from '#services/consent-guard/adapters/key-fence.js';
import { Wakes } from '#services/consent-guard/adapters/wakes.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { allow } from '#test/support/pace.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';

/* Inboxes in a real PostgreSQL, asked for over a real broker under the party's own key; two guards answer. */

const party = 'jcp_a';
const inHandSeconds = 1;
let nats: NatsForTest;
let postgres: PostgresServer;
let pool: Pool;
let keys: GuardKeys;
let asker: NatsConnection;
const guards: {
  readonly book: InboxBook;
  readonly wakes: Wakes;
  readonly answers: AnswerServer;
}[] = [];

beforeAll(async () => {
  [nats, postgres] = await Promise.all([NatsForTest.start([party]), sharedPostgres()]);
  pool = connectDatabase({ url: await postgres.createDatabase('guard'), applicationName: 'test' });
  const file = join(nats.folder, 'guard-keys.json');
  const key = randomBytes(32).toString('base64');
  await writeFile(file, JSON.stringify({ current: 1, keys: { '1': key } }), { mode: 0o600 });
  keys = GuardKeys.fromFile(file);
  const log = createLogger({ service: 'test' });
  log.level = 'silent';
  for (let n = 0; n < 2; n += 1) {
    const connection = await nats.connect('guard');
    const wakes = new Wakes({ connection, pool, log });
    wakes.start();
    const book = new InboxBook(pool, { keys, wakes, clock: new SystemClock(), inHandSeconds });
    const answers = serveAsks(connection, async (of, verb, payload) => ({
      ok: true,
      ...(verb === 'take'
        ? await book.take(of, askTake.parse(payload))
        : await book.settle(of, askSettle.parse(payload))),
    }));
    guards.push({ book, wakes, answers });
    await connection.flush();
  }
  asker = await nats.connect(party);
});
afterAll(async () => {
  for (const { wakes, answers } of guards) {
    await wakes.stop();
    await answers.stop();
  }
  await pool.end();
  await nats.stop();
  await postgres.stop();
});
beforeEach(() => pool.query('truncate delivery, delivery_body'));

async function put(cases: readonly string[], bytes = 10): Promise<readonly string[]> {
  const deliveries = cases.map((caseId) => {
    const id = randomUUID();
    const data = { text: 'x'.repeat(bytes) };
    const message = { id, type: 'throughcare.test.v1', case: caseId, to: party, data };
    return {
      id,
      recipient: party,
      client: undefined,
      message: message as unknown as DeliveredMessage,
    };
  });
  await inTransaction(pool, (db) => insertDeliveries(db, deliveries, keys));
  return deliveries.map(({ id }) => id);
}

const take = async (max = 256, waitMs = 0, id = randomUUID()): Promise<readonly string[]> => {
  const { messages } = await askFor(asker, 'take', {
    payload: { take: id, max, waitMs },
    reply: takeReply,
    timeoutMs: waitMs + allow(5_000),
  });
  return messages.map(({ message }) => message.id);
};
const settle = async (payload: object): Promise<readonly string[]> =>
  (await askFor(asker, 'settle', { payload, reply: settleReply })).done;
const handIsOver = () => pool.query(`update delivery set hand_until = now() - interval '1 s'`);

describe('an inbox', () => {
  it('of messages as large as may be is given one answer after another, in order, and none is stuck', async () => {
    const sent = await put(Array.from({ length: 6 }, randomUUID), 256 * 1024);
    const got: string[] = [];
    for (let answer = await take(); answer.length > 0; answer = await take()) {
      expect(answer).toHaveLength(1);
      got.push(...answer);
      await settle({ done: answer });
    }
    expect(got).toEqual(sent);
    expect((await pool.query('select 1 from delivery_body')).rowCount).toBe(0);
  });

  it('gives the same to a take that is asked again, and to another nothing', async () => {
    const sent = await put(Array.from({ length: 3 }, randomUUID));
    const id = randomUUID();
    expect(await take(3, 0, id)).toEqual(sent);
    expect(await take(3, 0, id)).toEqual(sent);
    expect(await take()).toEqual([]);
  });

  it('gives again what was not done in time, and takes a late word that it is', async () => {
    const [first = '', second = ''] = await put([randomUUID(), randomUUID()]);
    expect(await take()).toEqual([first, second]);
    await handIsOver();
    expect(await settle({ done: [first] })).toEqual([first]);
    expect(await take()).toEqual([second]);
  });

  it('lets nobody finish what they never had', async () => {
    const [id = ''] = await put([randomUUID()]);
    expect(await settle({ done: [id, randomUUID()] })).toEqual([]);
    expect(await take()).toEqual([id]);
  });

  it('gives nothing of a case while an earlier message of it is in hand, and all of another', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const sent = await put([one, one, other, one]);
    expect(await take(1)).toEqual(sent.slice(0, 1));
    expect(await take()).toEqual([sent[2]]);
    expect(await settle({ again: [{ id: sent[0], afterMs: 60_000 }] })).toEqual([]);
    expect(await take()).toEqual([]);
    await settle({ done: sent.slice(0, 1) });
    expect(await take()).toEqual([sent[1], sent[3]]);
  });

  it('wakes who waits at once when something is put, or put back, by whichever guard', async () => {
    const waits = [take(1, 20_000), take(1, 20_000), take(1, 20_000)];
    const [first = ''] = await put([randomUUID()]);
    const began = performance.now();
    guards[0]?.wakes.wake([party]);
    expect(await Promise.race(waits)).toEqual([first]);
    await settle({ again: [{ id: first, afterMs: 0 }] });
    await put([randomUUID()]);
    guards[1]?.wakes.wake([party]);
    expect((await Promise.all(waits)).flat()).toHaveLength(3);
    expect(performance.now() - began).toBeLessThan(allow(15_000));
  });

  it('is looked at for who waits, though nobody woke them', async () => {
    const waiting = guards[0]?.wakes.register(party);
    const sent = await put([randomUUID()]);
    // Longer than this test may last.
    await waiting?.within(3_600_000);
    waiting?.leave();
    expect(await take()).toEqual(sent);
  });

  it('takes in nothing that rests on a consent without an end', async () => {
    const message = { id: randomUUID() } as unknown as DeliveredMessage;
    const endless = { id: message.id, recipient: party, client: undefined, message };
    await expect(
      inTransaction(pool, (db) =>
        insertDeliveries(db, [{ ...endless, lapsesAtMs: Infinity }], keys),
      ),
    ).rejects.toThrow(RangeError);
    expect(await take()).toEqual([]);
  });

  it('gives each message to one of many who take, each case in its order, and loses none', async () => {
    const cases = Array.from({ length: 10 }, randomUUID);
    const caseOf = Array.from({ length: 400 }, (_, n) => cases[n % cases.length] ?? '');
    const sent = await put(caseOf);
    const done = new Set<string>();
    const tooEarly: string[] = [];
    const given = new Set<string>();
    const checkOrder = (ids: readonly string[]): void => {
      for (const id of ids) {
        const place = sent.indexOf(id);
        const before = sent.slice(0, place).filter((_, n) => caseOf[n] === caseOf[place]);
        if (!before.every((each) => done.has(each) || ids.includes(each))) tooEarly.push(id);
      }
    };
    const takers = Array.from({ length: 8 }, async () => {
      while (done.size < sent.length) {
        const ids = await take(16);
        checkOrder(ids);
        for (const id of ids) given.add(id);
        await nextTurn();
        for (const id of ids) done.add(id);
        if (ids.length > 0) await settle({ done: ids });
      }
    });
    await Promise.all(takers);
    expect(tooEarly).toEqual([]);
    expect([...given].toSorted()).toEqual([...sent].toSorted());
  });
});
