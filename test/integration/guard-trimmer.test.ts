import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { ingressStream } from '#libs/contracts/subjects.js';
import { IngressReader } from '#libs/nats/ingress-reader.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { trimIngress } from '#libs/nats/trim-ingress.js';
import { IngressTrimmer } from '#services/consent-guard/adapters/ingress.trimmer.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

const party = 'tp_river';
let nats: NatsForTest;
let guard: NatsConnection;

beforeAll(async () => {
  nats = await NatsForTest.start([party], 64 * 1024);
  guard = await nats.connect('guard');
});
afterAll(() => nats.stop());

async function put(count: number, bytes = 10): Promise<void> {
  const publisher = new RoadPublisher(await nats.connect(party));
  for (let n = 0; n < count; n += 1)
    await publisher.publish(Buffer.alloc(bytes, 'x'), `${Math.random()}`);
  await publisher.stop();
}

async function standing(): Promise<{ messages: number; first_seq: number; last_seq: number }> {
  const manager = await jetstreamManager(await nats.connect('provisioner'));
  return (await manager.streams.info(ingressStream(party))).state;
}

/** Reads and commits all that lies there. */
async function readAll(trimmer: IngressTrimmer): Promise<IngressReader> {
  const reader = new IngressReader({ connection: guard, party, batchSize: 8 });
  await reader.begin();
  trimmer.restart(reader.over);
  const { last_seq: last } = await standing();
  for (let seq = 0; seq < last;)
    for (const message of await reader.next()) trimmer.note((seq = message.seq));
  return reader;
}

describe('what was read and committed', () => {
  it('stays for its time, then goes, but for the last', async () => {
    const slow = new IngressTrimmer(guard, party, 60_000);
    await put(5);
    (await readAll(slow)).stop();
    await slow.trim();
    expect((await standing()).messages).toBe(5);
    const quick = new IngressTrimmer(guard, party, 0);
    (await readAll(quick)).stop();
    await quick.trim();
    const { messages, first_seq: first, last_seq: last } = await standing();
    expect([messages, first]).toEqual([1, last]);
  });

  it('goes before its time where its sender would be refused soon', async () => {
    const trimmer = new IngressTrimmer(guard, party, 60_000);
    await put(40, 1_000);
    (await readAll(trimmer)).stop();
    await trimmer.trim();
    expect((await standing()).messages).toBe(1);
  });

  it('takes nothing away that nobody has read, from a broker that was started anew and counts from 1 again', async () => {
    const trimmer = new IngressTrimmer(guard, party, 0);
    await put(20);
    const reader = await readAll(trimmer);
    await nats.loseCount(ingressStream(party));
    await until(
      'the guard is connected again',
      () => guard.info !== undefined && !reader.isReading,
    );
    reader.stop();
    await put(3);
    const before = await standing();
    await expect(trimmer.trim()).rejects.toMatchObject({ code: 'broker-unavailable' });
    expect(await standing()).toEqual(before);
  });

  it.each([0, -1, Number.NaN, 1.5, undefined as unknown as number])(
    'is nothing before %s: a purge without a place would take away everything',
    async (before) => {
      const { messages } = await standing();
      const trimming = {
        connection: guard,
        party,
        over: `${guard.info?.server_id}/${guard.info?.client_id}`,
      };
      await expect(trimIngress(trimming, before)).rejects.toMatchObject({ code: 'internal' });
      expect((await standing()).messages).toBe(messages);
    },
  );
});
