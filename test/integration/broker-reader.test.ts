import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { ingressStream } from '#libs/contracts/subjects.js';
import { IngressReader, type StoredMessage } from '#libs/nats/ingress-reader.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: NatsConnection;
let provisioner: NatsConnection;
const readers: IngressReader[] = [];
const publishers = new Map<string, RoadPublisher>();

/** A party each, so that no test reads what another has put out. */
const parties = ['p_order', 'p_gap', 'p_gone', 'p_count', 'p_silent', 'p_killed', 'p_two'];

beforeAll(async () => {
  nats = await NatsForTest.start(parties);
  [guard, provisioner] = await Promise.all([nats.connect('guard'), nats.connect('provisioner')]);
  for (const party of parties)
    publishers.set(party, new RoadPublisher(await nats.connect(party), { giveUpMs: 60_000 }));
});
afterAll(async () => {
  for (const reader of readers) reader.stop();
  await nats?.stop();
});

const readerOf = (party: string, batchSize = 16): IngressReader => {
  const reader = new IngressReader({ connection: guard, party, batchSize });
  readers.push(reader);
  return reader;
};

async function putOut(party: string, from: number, to: number): Promise<void> {
  const publisher = publishers.get(party) as RoadPublisher;
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  await Promise.all(numbers.map((n) => publisher.publish(Buffer.from(`${n}`), `${party}-${n}`)));
}

/** Begins again until the broker answers. */
const begun = (reader: IngressReader): Promise<boolean> =>
  until('a reading begins', async () => {
    await reader.begin();
    return reader.isReading;
  });

/** Until so many have come, or the reading is broken. */
async function read(reader: IngressReader, count: number): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  while (reader.isReading && all.length < count) all.push(...(await reader.next()));
  return all;
}

const texts = (messages: readonly StoredMessage[]): string[] =>
  messages.map(({ data }) => Buffer.from(data).toString('utf8'));
const seqs = (messages: readonly StoredMessage[]): number[] => messages.map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** The one reading there is of a party's stream, by the provisioner's right. */
async function readingOf(party: string): Promise<string> {
  const manager = await jetstreamManager(provisioner);
  return until('a reading', async () => {
    for await (const { name } of manager.consumers.list(ingressStream(party))) return name;
    return undefined;
  });
}

describe('IngressReader', () => {
  it('reads what a party puts out from its first message on, each once and in order, while more comes', async () => {
    await putOut('p_order', 1, 500);
    const reader = readerOf('p_order', 64);
    expect(reader.isReading).toBe(false);
    expect(await reader.next()).toEqual([]);
    await reader.begin();
    const sizes: number[] = [];
    const all: StoredMessage[] = [];
    const more = putOut('p_order', 501, 2_000);
    while (all.length < 2_000 && reader.isReading) {
      const batch = await reader.next();
      sizes.push(batch.length);
      all.push(...batch);
    }
    await more;
    expect(seqs(all)).toEqual(upTo(2_000));
    expect(
      texts(all)
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(upTo(2_000));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
    expect(new Set(all.map(({ subject }) => subject))).toEqual(new Set(['ingress.p_order.msg']));
    // Nothing comes twice, and nothing more.
    expect(await reader.next()).toEqual([]);
    expect(reader.isReading).toBe(true);
    await reader.begin();
    expect(seqs(await read(reader, 2_000))).toEqual(upTo(2_000));
  });

  it('is no fence: two readings of one stream do not take from each other', async () => {
    await putOut('p_two', 1, 50);
    const [one, other] = [readerOf('p_two'), readerOf('p_two')];
    await Promise.all([one.begin(), other.begin()]);
    expect(seqs(await read(one, 50))).toEqual(upTo(50));
    expect(seqs(await read(other, 50))).toEqual(upTo(50));
  });

  it('is broken by a message that was lost on the way, and the next reading has it', async () => {
    const reader = readerOf('p_gap');
    await reader.begin();
    await putOut('p_gap', 1, 20);
    const before = await read(reader, 20);
    expect(seqs(before)).toEqual(upTo(20));
    // Whoever pulls from the reading takes one away, as a connection that drops one would.
    const stolen = provisioner.subscribe('_INBOX_provisioner.thief', { max: 1 });
    const name = await readingOf('p_gap');
    const manager = await jetstreamManager(provisioner);
    await until('the pull of the reader has ended', async () => {
      const { num_waiting: waiting } = await manager.consumers.info('IN_p_gap', name);
      return waiting === 0;
    });
    provisioner.publish(`$JS.API.CONSUMER.MSG.NEXT.IN_p_gap.${name}`, '{"batch":1}', {
      reply: '_INBOX_provisioner.thief',
    });
    await provisioner.flush();
    await putOut('p_gap', 21, 21);
    for await (const message of stolen) expect(message.string()).toBe('21');
    await putOut('p_gap', 22, 24);
    expect(seqs(await read(reader, 3))).toEqual([]);
    expect(reader.isReading).toBe(false);
    await reader.begin();
    expect(seqs(await read(reader, 24))).toEqual(upTo(24));
  });

  it('is broken when the broker has forgotten the reading', async () => {
    const reader = readerOf('p_gone');
    await reader.begin();
    await putOut('p_gone', 1, 3);
    expect(seqs(await read(reader, 3))).toEqual(upTo(3));
    const manager = await jetstreamManager(provisioner);
    await manager.consumers.delete('IN_p_gone', await readingOf('p_gone'));
    await until('it is broken', async () => {
      await reader.next();
      return !reader.isReading;
    });
    expect(await reader.next()).toEqual([]);
    await putOut('p_gone', 4, 5);
    await reader.begin();
    expect(seqs(await read(reader, 5))).toEqual(upTo(5));
  });

  it('begins no reading of a stream that there is not, nor after it was stopped', async () => {
    await expect(readerOf('p_nobody').begin()).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
    const reader = readerOf('p_two');
    await reader.begin();
    await read(reader, 50);
    const next = reader.next();
    reader.stop();
    expect(await next).toEqual([]);
    expect(await reader.next()).toEqual([]);
    expect(reader.isReading).toBe(false);
    await expect(reader.begin()).rejects.toMatchObject({ code: 'broker-unavailable' });
  });

  it('is broken when nothing is heard of a pull, though the connection stands', async () => {
    await putOut('p_silent', 1, 3);
    const reader = readerOf('p_silent');
    await reader.begin();
    expect(seqs(await read(reader, 3))).toEqual(upTo(3));
    process.kill(nats.pid, 'SIGSTOP');
    try {
      await until('it is broken', async () => {
        await reader.next();
        return !reader.isReading;
      });
      await expect(reader.begin()).rejects.toMatchObject({ code: 'answer-timeout' });
    } finally {
      process.kill(nats.pid, 'SIGCONT');
    }
    await putOut('p_silent', 4, 5);
    await begun(reader);
    expect(seqs(await read(reader, 5))).toEqual(upTo(5));
  });

  it('is broken when the broker is killed, and reads all that was acknowledged again afterwards', async () => {
    const reader = readerOf('p_killed');
    await reader.begin();
    await putOut('p_killed', 1, 40);
    const some = await reader.next();
    expect(seqs(some)).toEqual(upTo(some.length));
    await nats.kill();
    await until('it is broken', () => !reader.isReading);
    expect(await reader.next()).toEqual([]);
    await expect(reader.begin()).rejects.toMatchObject({
      code: expect.stringMatching(/broker-unavailable|answer-timeout/),
    });
    await nats.run();
    await begun(reader);
    await putOut('p_killed', 41, 50);
    const all = await read(reader, 50);
    expect(seqs(all)).toEqual(upTo(all.length));
    expect(new Set(texts(all))).toEqual(new Set(upTo(50).map(String)));
  });

  it('begins at the first when the stream has lost count, however far it had read before', async () => {
    await putOut('p_count', 1, 5);
    const reader = readerOf('p_count');
    await begun(reader);
    expect(seqs(await read(reader, 5))).toEqual(upTo(5));
    await nats.loseCount('IN_p_count');
    await until('it is broken', () => !reader.isReading);
    await putOut('p_count', 6, 7);
    await begun(reader);
    const after = await read(reader, 2);
    expect(texts(after).toSorted()).toEqual(['6', '7']);
    expect(seqs(after)).toEqual([1, 2]);
  });
});
