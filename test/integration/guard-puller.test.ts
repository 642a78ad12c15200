import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { IngressPuller } from '#services/consent-guard/adapters/ingress.puller.js';
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
});
