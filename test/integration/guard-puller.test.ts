import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { IngressPuller, type PulledMessage } from '#services/consent-guard/adapters/ingress.puller.js';
import { NatsForTest } from '#test/support/nats-for-test.js';

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
    const texts = async (puller: IngressPuller) => (await puller.next()).map(({ data }) => Buffer.from(data).toString());
    expect(await texts(first)).toEqual(['one']);
    first.stop();
    first.letGo();
    await put('two');
    const second = new IngressPuller(guard, 'trt_acme', 8, () => isProved);
    await second.reclaim();
    const taken = await texts(second);
    while (taken.length < 2) taken.push(...(await texts(second)));
    expect(taken).toEqual(['one', 'two']);
    second.stop();
    second.letGo();
  });

  it('is in the order sent, though the broker had learnt of a newer one first that it is to be given again', async () => {
    const read = (messages: readonly PulledMessage[]) => messages.map(({ data }) => Buffer.from(data).toString());
    const all = async (puller: IngressPuller, count: number): Promise<string[]> => {
      const taken = read(await puller.next());
      while (taken.length < count) taken.push(...read(await puller.next()));
      return taken;
    };
    const before = new IngressPuller(guard, 'trt_acme', 3, () => true);
    await before.reclaim();
    const own = ['a', 'b', 'c', 'd', 'e'];
    for (const text of own) await put(text);
    const held = (await guard.request('$JS.API.CONSUMER.INFO.IN_trt_acme.guard', '{}')).json<{ delivered: { stream_seq: number } }>();
    const waiting = 2; // of the test before, not acknowledged
    expect((await all(before, waiting + own.length)).slice(waiting)).toEqual(own);
    before.stop();
    before.letGo();
    guard.publish(`$JS.ACK.IN_trt_acme.guard.1.${held.delivered.stream_seq + 4}.${held.delivered.stream_seq + 4}.0.0`, '-NAK');
    await put('f');
    const after = new IngressPuller(guard, 'trt_acme', 3, () => true);
    await after.reclaim();
    expect((await all(after, waiting + own.length + 1)).slice(waiting)).toEqual([...own, 'f']);
    after.stop();
    after.letGo();
  });
});
