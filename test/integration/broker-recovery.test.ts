import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { IngressReader } from '#libs/nats/ingress-reader.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { ingressFill, trimIngress } from '#libs/nats/trim-ingress.js';
import { idOf, inboxOf } from '#test/support/inbox-of.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { standInGuard } from '#test/support/stand-in-guard.js';
import { trimmingNow } from '#test/support/trimming-now.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: NatsConnection;
let provisioner: NatsConnection;
let committer: Committer;

beforeAll(async () => {
  nats = await NatsForTest.start(['trt_acme', 'trt_west', 'trt_north']);
  [guard, provisioner] = await Promise.all([nats.connect('guard'), nats.connect('provisioner')]);
});
afterAll(async () => {
  await committer?.stop();
  await nats?.stop();
});

const stateOf = async (party: string) => {
  const { messages, first_seq: first } = (
    await (await jetstreamManager(provisioner)).streams.info(`IN_${party}`)
  ).state;
  return { messages, first };
};

/** A guard's way with a party's stream: read from the first, commit, trim to the last message that was committed; and after every break again. */
class Committer {
  readonly committed = new Set<string>();
  readings = 0;
  #isStopped = false;
  readonly #reader: IngressReader;
  readonly #loop: Promise<void>;

  constructor(readonly party: string) {
    this.#reader = new IngressReader({ connection: guard, party, batchSize: 32 });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#reader.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#reader.isReading && !(await this.#begin())) continue;
      const batch = await this.#reader.next();
      for (const { data } of batch) this.committed.add(Buffer.from(data).toString('utf8'));
      const last = batch.at(-1);
      if (last !== undefined)
        await trimIngress(trimmingNow(guard, this.party), last.seq).catch(() => undefined);
    }
  }

  #begin(): Promise<boolean> {
    return this.#reader.begin().then(
      () => (this.readings += 1) > 0,
      () => new Promise((resolve) => setTimeout(() => resolve(false), 20)),
    );
  }
}

describe('trimIngress', () => {
  it('takes away what lies before a place, and the last message that was read stays', async () => {
    const sender = new RoadPublisher(await nats.connect('trt_west'));
    const body = new Uint8Array(1_000);
    for (let n = 1; n <= 10; n += 1) await sender.publish(body, `w-${n}`);
    const reader = new IngressReader({ connection: guard, party: 'trt_west', batchSize: 4 });
    await reader.begin();
    const first = await reader.next();
    expect(first.map(({ seq }) => seq)).toEqual([1, 2, 3, 4].slice(0, first.length));
    const full = await ingressFill(guard, 'trt_west');
    await trimIngress(trimmingNow(guard, 'trt_west'), first.length);
    expect(await stateOf('trt_west')).toEqual({
      messages: 11 - first.length,
      first: first.length,
    });
    expect(await ingressFill(guard, 'trt_west')).toBeLessThanOrEqual(full);
    // It does not disturb who reads.
    const rest: number[] = [];
    while (rest.length + first.length < 10 && reader.isReading)
      rest.push(...(await reader.next()).map(({ seq }) => seq));
    expect(rest).toEqual(Array.from({ length: 10 - first.length }, (_, n) => first.length + n + 1));
    reader.stop();
    await trimIngress(trimmingNow(guard, 'trt_west'), 10);
    await trimIngress(trimmingNow(guard, 'trt_west'), 10);
    expect(await stateOf('trt_west')).toEqual({ messages: 1, first: 10 });
    await sender.stop();
  });

  it.each([0, -1, Number.NaN, 1.5, Infinity, 2 ** 53])(
    'refuses %p, which the server might take for everything',
    async (place) => {
      const before = await stateOf('trt_west');
      await expect(trimIngress(trimmingNow(guard, 'trt_west'), place)).rejects.toMatchObject({
        code: 'internal',
      });
      expect(await stateOf('trt_west')).toEqual(before);
    },
  );

  it('says so when the broker has no such stream', async () => {
    await expect(trimIngress(trimmingNow(guard, 'trt_nobody'), 1)).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
  });
});

describe('the road, when the broker is killed', () => {
  it('loses nothing that was acknowledged, though it is trimmed to the last message all the while', async () => {
    committer = new Committer('trt_acme');
    const acme = await nats.connect('trt_acme');
    const sender = new RoadPublisher(acme, { timeoutMs: 500, giveUpMs: 120_000, maxInFlight: 32 });
    const acknowledged: string[] = [];
    const putOut = async (count: number): Promise<void> => {
      await Promise.all(
        Array.from({ length: count }, async () => {
          const id = randomUUID();
          await sender.publish(Buffer.from(id), id);
          acknowledged.push(id);
        }),
      );
    };
    for (let kill = 1; kill <= 5; kill += 1) {
      const from = acknowledged.length;
      const sending = putOut(400);
      await until('some are acknowledged', () => acknowledged.length > from + 100);
      const { readings } = committer;
      await nats.kill();
      await nats.run();
      await sending;
      await until('it is read again', () => committer.readings > readings);
    }
    await until('all is committed', () => acknowledged.every((id) => committer.committed.has(id)));
    expect(acknowledged).toHaveLength(2_000);
    await until('trimmed', async () => (await stateOf('trt_acme')).messages === 1);
    await sender.stop();
  });

  it('comes back by itself: what is in hand is told when the broker is there again', async () => {
    const standIn = await standInGuard(guard);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const inbox = inboxOf(await nats.connect('trt_north'), {
      handle: () => held.then(() => ({ kind: 'ack' })),
    });
    const deliver = (): string => {
      const id = randomUUID();
      standIn.inbox.deliver('trt_north', id, { id, type: 't' });
      return id;
    };
    const before = deliver();
    await until('it is in hand', () => inbox.got.length === 1);
    await nats.kill();
    release();
    await nats.run();
    const after = deliver();
    await until('both are done', () => standIn.inbox.open('trt_north').length === 0);
    expect(new Set(inbox.got.map(idOf))).toEqual(new Set([before, after]));
    await inbox.consumer.stop();
    await standIn.stop();
  });
});
