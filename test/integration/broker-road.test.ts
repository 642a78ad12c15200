import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { addParty, proveConfig } from '#deploy/nats/add-party.js';
import { brokerConfig } from '#deploy/nats/broker-config.js';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import {
  deliveryDurable,
  deliverySubject,
  fenceSubject,
  ingressDurable,
  ingressStream,
  senderOfIngressSubject,
} from '#libs/contracts/subjects.js';
import { askGuard, requestJson } from '#libs/nats/ask-client.js';
import { serveAnswers, serveAsks } from '#libs/nats/answer-server.js';
import { DeliveryConsumer } from '#libs/nats/delivery-consumer.js';
import { deliveryPlan } from '#libs/nats/durable-plan.js';
import { mendDurable } from '#libs/nats/mend-durable.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { bytes, deliver, inboxOf, streamState, text } from '#test/support/road-inbox.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: NatsConnection;
let acme: NatsConnection;
let leeds: NatsConnection;
let provisioner: NatsConnection;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_leeds', 'trt_acme', 'trt_small', 'jcp_york']);
  [guard, acme, leeds, provisioner] = (await Promise.all(
    ['guard', 'trt_acme', 'jcp_leeds', 'provisioner'].map((user) => nats.connect(user)),
  )) as [NatsConnection, NatsConnection, NatsConnection, NatsConnection];
});
afterAll(() => nats?.stop());

describe('the road', () => {
  it('is made by a configuration that lint and server accept', async () => {
    const files = brokerConfig(nats.parties, nats.broker.options);
    await expect(proveConfig(nats.broker, nats.parties, files)).resolves.toBeUndefined();
  });

  it('carries a message from a party to the guard, under the broker’s word for the sender, and on to another party', async () => {
    const inbox = inboxOf(leeds, 'jcp_leeds');
    const relay = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
    const seen: string[] = [];
    const work = new DeliveryConsumer(guard, {
      stream: ingressStream('trt_acme'),
      durable: ingressDurable,
      ackWaitMs: 30_000,
      inFlight: 64,
      isOrdered: true,
      handle: async (delivery) => {
        seen.push(senderOfIngressSubject(delivery.subject) ?? 'nobody');
        await relay.publish(
          delivery.data,
          `${delivery.seq}.jcp_leeds`,
          deliverySubject('jcp_leeds'),
        );
        return { kind: 'ack' };
      },
      onDead: () => Promise.resolve(),
    });
    work.start();
    const sender = new RoadPublisher(acme);
    const published = await Promise.all(
      Array.from({ length: 200 }, (_, n) => sender.publish(bytes(String(n)), `id-${n}`)),
    );
    expect(published.map(({ duplicate }) => duplicate)).not.toContain(true);
    await until('all arrived', () => inbox.got.length === 200);
    expect(inbox.got.map(({ data }) => Number(text(data)))).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
    expect(new Set(seen)).toEqual(new Set(['trt_acme']));
    expect(await sender.publish(bytes('0'), 'id-0')).toEqual({
      seq: published[0]!.seq,
      duplicate: true,
    });
    await Promise.all([work.stop(), inbox.consumer.stop(), sender.stop(), relay.stop()]);
    expect((await streamState(provisioner, ingressStream('trt_acme'))).messages).toBe(0);
  });

  it('shares one inbox between two instances, each message to one of them', async () => {
    const one = inboxOf(leeds, 'jcp_leeds', undefined, false);
    const other = inboxOf(await nats.connect('jcp_leeds'), 'jcp_leeds', undefined, false);
    await deliver(guard, 'jcp_leeds', ...Array.from({ length: 60 }, (_, n) => `shared-${n}`));
    await until('all arrived', () => one.got.length + other.got.length === 60);
    expect(new Set([...one.got, ...other.got].map(({ seq }) => seq)).size).toBe(60);
    await Promise.all([one.consumer.stop(), other.consumer.stop()]);
  });

  it('keeps the order behind a message that is to come again', async () => {
    const order: string[] = [];
    const inbox = inboxOf(acme, 'trt_acme', ({ data, deliveries }) => {
      order.push(`${text(data)}#${deliveries}`);
      return Promise.resolve(
        text(data) === 'o-1' && deliveries < 3 ? { kind: 'nak', delayMs: 20 } : { kind: 'ack' },
      );
    });
    await deliver(guard, 'trt_acme', 'o-0', 'o-1', 'o-2');
    await until('all handled', () => order.length === 5);
    expect(order).toEqual(['o-0#1', 'o-1#1', 'o-1#2', 'o-1#3', 'o-2#1']);
    await inbox.consumer.stop();
  });

  it('gives back at once what it had taken and not begun when it stops', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = inboxOf(acme, 'trt_acme', async () => {
      await held;
      return { kind: 'ack' };
    });
    await deliver(guard, 'trt_acme', ...Array.from({ length: 8 }, (_, n) => `s-${n}`));
    await until('the first is in hand', () => first.got.length === 1);
    const stopped = first.consumer.stop();
    release();
    await stopped;
    const second = inboxOf(await nats.connect('trt_acme'), 'trt_acme');
    await until('the others came', () => second.got.length === 7, 5_000);
    await second.consumer.stop();
    expect(second.got.map(({ data }) => text(data)).sort()).toEqual(
      Array.from({ length: 7 }, (_, n) => `s-${n + 1}`),
    );
  });

  it('keeps a dead letter with its reason before it lets the message go', async () => {
    const inbox = inboxOf(acme, 'trt_acme', ({ data }) =>
      Promise.resolve(
        text(data) === 'd-0'
          ? { kind: 'dead', code: 'malformed-json', reason: 'no JSON' }
          : { kind: 'ack' },
      ),
    );
    await deliver(guard, 'trt_acme', 'd-0', 'd-1');
    await until('both handled', () => inbox.got.length === 2);
    await inbox.consumer.stop();
    expect(inbox.dead).toEqual(['d-0: malformed-json: no JSON']);
    expect((await streamState(provisioner, 'trt_acme')).messages).toBe(0);
  });

  it('keeps a message whose dead letter is refused, and counts as unhealthy until one is taken', async () => {
    let refusals = 0;
    const consumer = new DeliveryConsumer(acme, {
      stream: 'trt_acme',
      durable: deliveryDurable,
      ackWaitMs: 60_000,
      inFlight: 4,
      isOrdered: false,
      handle: () => Promise.resolve({ kind: 'dead', code: 'malformed-json', reason: 'no JSON' }),
      onDead: () => {
        refusals += 1;
        return refusals === 1 ? Promise.reject(new Error('the store is away')) : Promise.resolve();
      },
    });
    consumer.start();
    await deliver(guard, 'trt_acme', 'r-0');
    await until('refused once', () => refusals === 1);
    await until('unhealthy', () => !consumer.isHealthy());
    expect((await streamState(provisioner, 'trt_acme')).messages).toBe(1);
    await until('taken', () => refusals === 2);
    await until('healthy', () => consumer.isHealthy());
    await consumer.stop();
    expect((await streamState(provisioner, 'trt_acme')).messages).toBe(0);
  });

  it('prolongs work that takes longer than the ack wait', async () => {
    const manager = await jetstreamManager(provisioner);
    await manager.consumers.update('trt_acme', deliveryDurable, { ack_wait: 600_000_000 });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const got: number[] = [];
    const slow = new DeliveryConsumer(acme, {
      stream: 'trt_acme',
      durable: deliveryDurable,
      ackWaitMs: 600,
      inFlight: 4,
      isOrdered: false,
      handle: async ({ deliveries }) => {
        got.push(deliveries);
        await held;
        return { kind: 'ack' };
      },
      onDead: () => Promise.resolve(),
    });
    const start = performance.now();
    slow.start();
    await deliver(guard, 'trt_acme', 'slow');
    await until(
      'three ack waits are over',
      () => got.length > 0 && performance.now() - start > 1_800,
    );
    release();
    await slow.stop();
    // Not delivered a second time, though it was held thrice as long as the broker waits.
    expect(got).toEqual([1]);
    expect((await streamState(provisioner, 'trt_acme')).messages).toBe(0);
    await provisionStreams(provisioner, nats.parties, nats.broker.eventsMaxBytes);
  });

  it('answers a full stream with mailbox-full, which does not use up the id', async () => {
    const small = await nats.newParty('trt_small', 64 * 1024);
    await provisionStreams(provisioner, [small], nats.broker.eventsMaxBytes);
    const sender = new RoadPublisher(await nats.connect('trt_small'), { giveUpMs: 3_000 });
    const body = new Uint8Array(20 * 1024);
    for (let n = 0; n < 3; n += 1) await sender.publish(body, `full-${n}`);
    await expect(sender.publish(body, 'full-3')).rejects.toMatchObject({ code: 'mailbox-full' });
    // A stream is never shrunk below what lies in it: the server would drop the oldest.
    await expect(
      provisionStreams(provisioner, [{ ...small, maxBytes: 1024 }], nats.broker.eventsMaxBytes),
    ).rejects.toMatchObject({
      code: 'config-invalid',
    });
    await provisionStreams(
      provisioner,
      [{ ...small, maxBytes: 1024 * 1024 }],
      nats.broker.eventsMaxBytes,
    );
    expect((await sender.publish(body, 'full-3')).duplicate).toBe(false);
    await expect(sender.publish(new Uint8Array(300 * 1024), 'big')).rejects.toMatchObject({
      code: 'payload-too-large',
    });
    await sender.stop();
  });

  it('carries questions to the guard with the name of who asks, and the guard’s to a service', async () => {
    const asks = serveAsks(guard, (party, verb, payload) =>
      Promise.resolve({ ok: true, party, verb, payload }),
    );
    const router = await nats.connect('svc_router');
    const answers = serveAnswers(router, 'svc_router', {
      worklist: (payload) => Promise.resolve({ ok: true, payload }),
    });
    await Promise.all([guard.flush(), router.flush()]);
    expect(await askGuard(acme, 'verdict', { id: 1 })).toEqual({
      ok: true,
      party: 'trt_acme',
      verb: 'verdict',
      payload: { id: 1 },
    });
    expect(await askGuard(acme, '*', {})).toMatchObject({ ok: false, code: 'not-found' });
    expect(await requestJson(guard, 'answer.svc_router.worklist', { of: 'p' })).toEqual({
      ok: true,
      payload: { of: 'p' },
    });
    expect(await requestJson(guard, 'answer.svc_router.other', {})).toMatchObject({
      ok: false,
      code: 'not-found',
    });
    await Promise.all([asks.stop(), answers.stop()]);
    await guard.flush();
    await expect(askGuard(acme, 'verdict', {}, 500)).rejects.toMatchObject({
      code: expect.stringMatching(/broker-unavailable|answer-timeout/),
    });
  });

  it('takes a new party while it runs, and loses nothing of the traffic meanwhile', async () => {
    const sender = new RoadPublisher(acme, { timeoutMs: 500 });
    const inbox = inboxOf(leeds, 'jcp_leeds');
    const relay = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard', timeoutMs: 500 });
    const work = new DeliveryConsumer(guard, {
      stream: ingressStream('trt_acme'),
      durable: ingressDurable,
      ackWaitMs: 30_000,
      inFlight: 64,
      isOrdered: true,
      handle: async ({ data }) => {
        await relay.publish(data, `${text(data)}.jcp_leeds`, deliverySubject('jcp_leeds'));
        return { kind: 'ack' };
      },
      onDead: () => Promise.resolve(),
    });
    work.start();
    const traffic = { isOn: true };
    const adding = nats
      .newParty('trt_new')
      .then((party) => addParty(nats.broker, nats.parties, party, nats.seedFile('trt_new')))
      .finally(() => (traffic.isOn = false));
    let sent = 0;
    while (traffic.isOn) await sender.publish(bytes(`during-${sent}`), `during-${sent++}`);
    nats.parties = await adding;
    await until(
      'all arrived',
      () => new Set(inbox.got.map(({ data }) => text(data))).size === sent,
    );
    expect(sent).toBeGreaterThan(10);
    const fresh = inboxOf(await nats.connect('trt_new'), 'trt_new');
    await deliver(guard, 'trt_new', 'welcome');
    await until('the new party is served', () => fresh.got.length === 1);
    await Promise.all([
      work.stop(),
      inbox.consumer.stop(),
      fresh.consumer.stop(),
      sender.stop(),
      relay.stop(),
    ]);
    await expect(
      addParty(nats.broker, nats.parties, await nats.newParty('trt_new'), ''),
    ).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('takes away a fence that was left lying, and leaves the durable as it is', async () => {
    // A party of its own: an answer that is lost while the broker reads its configuration anew leaves a message in hand for an ack wait.
    const out = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
    await out.publish(new Uint8Array(), 'left', fenceSubject('jcp_york'));
    await out.stop();
    const inbox = inboxOf(await nats.connect('jcp_york'), 'jcp_york');
    await deliver(guard, 'jcp_york', 'behind');
    await until('it came', () => inbox.got.some(({ data }) => text(data) === 'behind'));
    await inbox.consumer.stop();
    await until(
      'the fence is all there is',
      async () => (await streamState(provisioner, 'jcp_york')).messages === 1,
    );
    const manager = await jetstreamManager(provisioner);
    const { created } = await manager.consumers.info('jcp_york', deliveryDurable);
    expect(await mendDurable(guard, deliveryPlan('jcp_york'))).toBe(false);
    expect((await streamState(provisioner, 'jcp_york')).messages).toBe(0);
    expect((await manager.consumers.info('jcp_york', deliveryDurable)).created).toBe(created);
  });
});
