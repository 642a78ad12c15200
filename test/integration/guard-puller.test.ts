import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import {
  IngressPuller,
  type PulledMessage,
} from '#services/consent-guard/adapters/ingress.puller.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: NatsConnection;
let sender: RoadPublisher;

beforeAll(async () => {
  nats = await NatsForTest.start(['trt_acme']);
  guard = await nats.connect('guard');
  sender = new RoadPublisher(await nats.connect('trt_acme'));
});
afterAll(async () => {
  await sender.stop();
  await nats.stop();
});

const put = (text: string) => sender.publish(Buffer.from(text), text);

describe('what a guard takes from an ingress', () => {
  it('is nothing while its lease is not proved, and nothing before what was in hand is reclaimed', async () => {
    let isProved = true;
    const first = new IngressPuller(guard, 'trt_acme', 8, () => isProved);
    await put('one');
    expect(await first.next()).toEqual([]);
    await first.reclaim();
    isProved = false;
    expect(await first.next()).toEqual([]);
    isProved = true;
    const texts = async (puller: IngressPuller) =>
      (await puller.next()).map(({ data }) => Buffer.from(data).toString());
    expect(await texts(first)).toEqual(['one']);
    first.stop();
    first.letGo();
    await put('two');
    const second = new IngressPuller(guard, 'trt_acme', 8, () => isProved);
    await second.reclaim();
    const got = await texts(second);
    while (got.length < 2) got.push(...(await texts(second)));
    expect(got).toEqual(['one', 'two']);
    second.stop();
    second.letGo();
  });

  it('is in the order sent, though the broker had learnt of a newer one first that it is to be given again', async () => {
    const read = (messages: readonly PulledMessage[]) =>
      messages.map(({ data }) => Buffer.from(data).toString());
    const all = async (puller: IngressPuller, count: number): Promise<string[]> => {
      const got = read(await puller.next());
      while (got.length < count) got.push(...read(await puller.next()));
      return got;
    };
    const before = new IngressPuller(guard, 'trt_acme', 3, () => true);
    await before.reclaim();
    const own = ['a', 'b', 'c', 'd', 'e'];
    for (const text of own) await put(text);
    const held = (await guard.request('$JS.API.CONSUMER.INFO.IN_trt_acme.guard', '{}')).json<{
      delivered: { stream_seq: number };
    }>();
    const waiting = 2; // of the test before, not acknowledged
    expect((await all(before, waiting + own.length)).slice(waiting)).toEqual(own);
    before.stop();
    before.letGo();
    guard.publish(
      `$JS.ACK.IN_trt_acme.guard.1.${held.delivered.stream_seq + 4}.${held.delivered.stream_seq + 4}.0.0`,
      '-NAK',
    );
    await put('f');
    const after = new IngressPuller(guard, 'trt_acme', 3, () => true);
    await after.reclaim();
    expect((await all(after, waiting + own.length + 1)).slice(waiting)).toEqual([...own, 'f']);
    after.stop();
    after.letGo();
  });

  it('does not wait for what a broker that was killed counts as in hand, and has no more', async () => {
    await put('kept');
    const puller = new IngressPuller(countingOneMore(guard), 'trt_acme', 16, () => true);
    await puller.reclaim();
    expect((await taken(puller, [], 'kept')).at(-1)).toBe('kept');
    puller.stop();
    puller.letGo();
  });

  it('waits for the pull of a guard that is stopped, and takes back what that took', async () => {
    const stopped = guard.subscribe('_INBOX_guard.stopped', { max: 2 });
    guard.publish(
      '$JS.API.CONSUMER.MSG.NEXT.IN_trt_acme.guard',
      '{"batch":100,"expires":1000000000}',
      { reply: '_INBOX_guard.stopped' },
    );
    await put('taken');
    const puller = new IngressPuller(guard, 'trt_acme', 16, () => true);
    await puller.reclaim();
    expect(stopped.getProcessed() + stopped.getPending()).toBeGreaterThan(0);
    const next = put('next');
    const texts = await taken(puller, [], 'next');
    expect(texts.slice(-2)).toEqual(['taken', 'next']);
    await next;
    puller.stop();
    puller.letGo();
  });

  it('is nothing where another was given what came before it, until that is reclaimed', async () => {
    let isProved = true;
    const puller = new IngressPuller(guard, 'trt_acme', 16, () => isProved);
    await puller.reclaim();
    isProved = false;
    const before = await taken(puller, [], 'next');
    // As one that was stopped while it wrote, and goes on.
    const other = guard.subscribe('_INBOX_guard.other', { max: 1 });
    guard.publish('$JS.API.CONSUMER.MSG.NEXT.IN_trt_acme.guard', '{"batch":1}', {
      reply: '_INBOX_guard.other',
    });
    await put('first');
    for await (const message of other) expect(Buffer.from(message.data).toString()).toBe('first');
    await put('second');
    isProved = true;
    expect(await taken(puller, before, 'second')).toEqual(before);
    expect(puller.isToBeTakenOver).toBe(true);
    await puller.reclaim();
    expect(await taken(puller, [], 'second')).toEqual([...before, 'first', 'second']);
    puller.stop();
    puller.letGo();
  });

  it('is nothing of what a new connection brings while the puller waits, until that is taken over', async () => {
    const puller = new IngressPuller(guard, 'trt_acme', 64, () => true);
    await puller.reclaim();
    const before = await taken(puller, [], 'second');
    const waiting = puller.next();
    await guard.reconnect();
    await until('it is connected again', () => puller.isToBeTakenOver && guard.info !== undefined);
    await put('third');
    expect(await waiting).toEqual([]);
    await puller.reclaim();
    expect(await taken(puller, [], 'third')).toEqual([...before, 'third']);
    puller.stop();
    puller.letGo();
  });

  it('does not wait for what is gone from the stream', async () => {
    const before = new IngressPuller(guard, 'trt_acme', 16, () => true);
    await before.reclaim();
    await put('first');
    const gone = await put('gone');
    await put('last');
    const texts = await taken(before, [], 'last');
    before.stop();
    before.letGo();
    const deleted = await guard.request(
      '$JS.API.STREAM.MSG.DELETE.IN_trt_acme',
      JSON.stringify({ seq: gone.seq }),
    );
    expect(deleted.json<{ success: boolean }>().success).toBe(true);
    const after = new IngressPuller(guard, 'trt_acme', 16, () => true);
    await after.reclaim();
    expect(await taken(after, [], 'last')).toEqual(texts.filter((text) => text !== 'gone'));
    after.stop();
    after.letGo();
  });
});

/** What it gives, until that came or nothing comes. */
async function taken(
  puller: IngressPuller,
  before: readonly string[],
  last: string,
): Promise<string[]> {
  const texts = [...before];
  while (!texts.includes(last)) {
    const more = (await puller.next()).map(({ data }) => Buffer.from(data).toString());
    if (more.length === 0 && puller.isToBeTakenOver) break;
    texts.push(...more);
  }
  return texts;
}

/** The connection, to a broker that counts one more as in hand than there is. */
const countingOneMore = (connection: NatsConnection): NatsConnection =>
  new Proxy(connection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'request') return value.bind(target) as unknown;
      return async (...asked: Parameters<NatsConnection['request']>) => {
        const reply = await target.request(...asked);
        const read = (): Record<string, unknown> => reply.json();
        const isCount = asked[0].startsWith('$JS.API.CONSUMER.INFO.');
        return isCount
          ? {
              ...reply,
              json: () => ({ ...read(), num_ack_pending: Number(read()['num_ack_pending']) + 1 }),
            }
          : reply;
      };
    },
  });
