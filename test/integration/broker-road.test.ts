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
import type { Delivery, Outcome } from '#libs/nats/delivery.js';
import { DeliveryConsumer } from '#libs/nats/delivery-consumer.js';
import { deliveryPlan, type DurablePlan, ingressPlan } from '#libs/nats/durable-plan.js';
import { mendDurable } from '#libs/nats/mend-durable.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

let nats: NatsForTest;
let guard: NatsConnection;
let acme: NatsConnection;
let leeds: NatsConnection;
let provisioner: NatsConnection;

beforeAll(async () => {
  nats = await NatsForTest.start([
    'jcp_leeds',
    'trt_acme',
    'trt_small',
    'trt_west',
    'trt_north',
    'trt_south',
    'jcp_york',
  ]);
  [guard, acme, leeds, provisioner] = (await Promise.all(
    ['guard', 'trt_acme', 'jcp_leeds', 'provisioner'].map((user) => nats.connect(user)),
  )) as [NatsConnection, NatsConnection, NatsConnection, NatsConnection];
});
afterAll(() => nats?.stop());

type Handle = (delivery: Delivery) => Promise<Outcome>;
interface Inbox {
  readonly got: Delivery[];
  readonly dead: string[];
  readonly consumer: DeliveryConsumer;
}

function inboxOf(
  connection: NatsConnection,
  party: string,
  handle: Handle = () => Promise.resolve({ kind: 'ack' }),
  isOrdered = true,
): Inbox {
  return workOf(connection, deliveryPlan(party), handle, isOrdered);
}

function workOf(
  connection: NatsConnection,
  { stream, config }: DurablePlan,
  handle: Handle,
  isOrdered = true,
): Inbox {
  const got: Delivery[] = [];
  const dead: string[] = [];
  const consumer = new DeliveryConsumer(connection, {
    stream,
    durable: config.durable_name,
    ackWaitMs: 60_000,
    inFlight: 16,
    isOrdered,
    handle: (delivery) => {
      got.push(delivery);
      return handle(delivery);
    },
    onDead: (delivery, code, reason) => {
      dead.push(`${text(delivery.data)}: ${code}: ${reason}`);
      return Promise.resolve();
    },
  });
  consumer.start();
  return { got, dead, consumer };
}

async function deliver(party: string, ...bodies: string[]): Promise<void> {
  const out = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
  for (const body of bodies)
    await out.publish(bytes(body), `${body}.${party}`, deliverySubject(party));
  await out.stop();
}

/** Asked again until a broker that has just come back answers. */
const mended = (plan: DurablePlan): Promise<boolean> =>
  until('the broker answers', async () => ({ isAnew: await mendDurable(guard, plan) })).then(
    ({ isAnew }) => isAnew,
  );

const inHand = async ({ stream, config }: DurablePlan): Promise<number> => {
  const manager = await jetstreamManager(provisioner);
  return (await manager.consumers.info(stream, config.durable_name)).num_ack_pending;
};

const streamState = async (name: string): Promise<{ messages: number }> => {
  const manager = await jetstreamManager(provisioner);
  const { state } = await manager.streams.info(name);
  return { messages: state.messages };
};

describe('the road', () => {
  it('is made by a configuration that lint and server accept', async () => {
    await proveConfig(nats.broker, nats.parties, brokerConfig(nats.parties, nats.broker.options));
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
    expect((await streamState(ingressStream('trt_acme'))).messages).toBe(0);
  });

  it('shares one inbox between two instances, each message to one of them', async () => {
    const one = inboxOf(leeds, 'jcp_leeds', undefined, false);
    const other = inboxOf(await nats.connect('jcp_leeds'), 'jcp_leeds', undefined, false);
    await deliver('jcp_leeds', ...Array.from({ length: 60 }, (_, n) => `shared-${n}`));
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
    await deliver('trt_acme', 'o-0', 'o-1', 'o-2');
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
    await deliver('trt_acme', ...Array.from({ length: 8 }, (_, n) => `s-${n}`));
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
    await deliver('trt_acme', 'd-0', 'd-1');
    await until('both handled', () => inbox.got.length === 2);
    await inbox.consumer.stop();
    expect(inbox.dead).toEqual(['d-0: malformed-json: no JSON']);
    expect((await streamState('trt_acme')).messages).toBe(0);
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
    await deliver('trt_acme', 'r-0');
    await until('refused once', () => refusals === 1);
    await until('unhealthy', () => !consumer.isHealthy());
    expect((await streamState('trt_acme')).messages).toBe(1);
    await until('taken', () => refusals === 2);
    await until('healthy', () => consumer.isHealthy());
    await consumer.stop();
    expect((await streamState('trt_acme')).messages).toBe(0);
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
    await deliver('trt_acme', 'slow');
    await until(
      'three ack waits are over',
      () => got.length > 0 && performance.now() - start > 1_800,
    );
    release();
    await slow.stop();
    // Not delivered a second time, though it was held thrice as long as the broker waits.
    expect(got).toEqual([1]);
    expect((await streamState('trt_acme')).messages).toBe(0);
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
    await deliver('trt_new', 'welcome');
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
    await deliver('jcp_york', 'behind');
    await until('it came', () => inbox.got.some(({ data }) => text(data) === 'behind'));
    await inbox.consumer.stop();
    await until(
      'the fence is all there is',
      async () => (await streamState('jcp_york')).messages === 1,
    );
    const manager = await jetstreamManager(provisioner);
    const { created } = await manager.consumers.info('jcp_york', deliveryDurable);
    expect(await mendDurable(guard, deliveryPlan('jcp_york'))).toBe(false);
    expect((await streamState('jcp_york')).messages).toBe(0);
    expect((await manager.consumers.info('jcp_york', deliveryDurable)).created).toBe(created);
  });

  it('comes back by itself after the broker was killed, with what was acknowledged', async () => {
    const inbox = inboxOf(acme, 'trt_acme');
    await until('healthy', () => inbox.consumer.isHealthy());
    await deliver('trt_acme', 'before');
    await until('arrived', () => inbox.got.length === 1);
    await nats.kill();
    await until('unhealthy', () => !inbox.consumer.isHealthy());
    await nats.run();
    // Killed at the wrong moment, it counts this stream from 1.
    await nats.mend();
    await deliver('trt_acme', 'after');
    await until('arrived after the restart', () =>
      inbox.got.some(({ data }) => text(data) === 'after'),
    );
    await until('healthy', () => inbox.consumer.isHealthy());
    await inbox.consumer.stop();
    expect(inbox.consumer.isHealthy()).toBe(false);
  });

  it('answers nothing of what the broker gave before it was killed: under that number may lie another message', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const inbox = inboxOf(await nats.connect('trt_north'), 'trt_north', async () => {
      await held;
      return { kind: 'ack' };
    });
    await deliver('trt_north', 'held');
    await until('it is in hand', () => inbox.got.length === 1);
    await nats.kill();
    await until('unhealthy', () => !inbox.consumer.isHealthy());
    await nats.run();
    await nats.mend();
    await until('the broker is back', async () => (await streamState('trt_north')).messages === 1);
    await until('healthy', () => inbox.consumer.isHealthy());
    release();
    await inbox.consumer.stop();
    expect((await streamState('trt_north')).messages).toBe(1);
  });

  it('makes a durable anew that would pass over what lies in its stream, and no other', async () => {
    const plan = ingressPlan('trt_west');
    const west = new RoadPublisher(await nats.connect('trt_west'));
    const send = async (...bodies: string[]): Promise<void> => {
      for (const body of bodies) await west.publish(bytes(body), body);
    };
    const work = () => workOf(guard, plan, () => Promise.resolve({ kind: 'ack' }));
    const first = work();
    await send(...Array.from({ length: 5 }, (_, n) => `old-${n}`));
    await until('arrived', () => first.got.length === 5);
    await first.consumer.stop();
    await until(
      'the broker has written it down',
      async () => (await streamState(plan.stream)).messages === 0,
    );
    expect(await mendDurable(guard, plan)).toBe(false);
    await nats.loseCount(plan.stream);
    await send('new-0', 'new-1');
    await until('both lie there', async () => (await streamState(plan.stream)).messages === 2);
    expect(await mended(plan)).toBe(true);
    const second = work();
    await until('nothing is passed over', () => second.got.length === 2);
    expect(second.got.map(({ data, seq }) => [text(data), seq])).toEqual([
      ['new-0', 1],
      ['new-1', 2],
    ]);
    expect(await mendDurable(guard, plan)).toBe(false);
    await Promise.all([second.consumer.stop(), west.stop()]);
  });

  it('does not take a party at its word for what was given out: an acknowledgement of what never was moves the floor', async () => {
    const plan = deliveryPlan('trt_south');
    await nats.mend();
    const south = await nats.connect('trt_south');
    for (const body of ['one', 'two']) await deliver('trt_south', body);
    const pulled = south.subscribe('_INBOX.forged', { max: 1 });
    south.publish(`$JS.API.CONSUMER.MSG.NEXT.${plan.stream}.dlv`, '{"batch":1}', {
      reply: '_INBOX.forged',
    });
    for await (const message of pulled) expect(text(message.data)).toBe('one');
    south.publish(`$JS.ACK.${plan.stream}.dlv.1.999999.1.0.0`, '+ACK');
    const floor = async (): Promise<number> =>
      (await (await jetstreamManager(provisioner)).consumers.info(plan.stream, 'dlv')).ack_floor
        .stream_seq;
    await until('the broker takes it', async () => (await floor()) === 999_999);
    expect(await mendDurable(guard, plan)).toBe(false);
  });

  it('makes a durable that an earlier release kept in its files, or that is gone, only after what must come before', async () => {
    const plan = deliveryPlan('trt_west');
    const manager = await jetstreamManager(provisioner);
    const { mem_storage: _mem, ...inFiles } = plan.config;
    const isThere = () =>
      manager.consumers.info(plan.stream, deliveryDurable).then(
        () => true,
        () => false,
      );
    await manager.consumers.delete(plan.stream, deliveryDurable).catch(() => undefined);
    await manager.consumers.add(plan.stream, inFiles);
    const failing = () => Promise.reject(new Error('not yet'));
    await expect(mendDurable(guard, plan, failing)).rejects.toThrow('not yet');
    expect(await isThere()).toBe(false);
    await expect(mendDurable(guard, plan, failing)).rejects.toThrow('not yet');
    expect(await isThere()).toBe(false);
    const before: boolean[] = [];
    expect(await mendDurable(guard, plan, async () => void before.push(await isThere()))).toBe(
      true,
    );
    expect(before).toEqual([false]);
    expect((await manager.consumers.info(plan.stream, deliveryDurable)).config).toMatchObject(
      plan.config,
    );
    await manager.consumers.delete(plan.stream, deliveryDurable);
    const interrupted = async (): Promise<void> => {
      const known = guard.info?.server_id;
      await nats.kill();
      await nats.run();
      await until(
        'the connection is back',
        () => guard.info !== undefined && guard.info.server_id !== known,
      );
    };
    await expect(mendDurable(guard, plan, interrupted)).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
    await until(
      'the provisioner is back',
      async () => (await streamState(plan.stream)).messages === 0,
    );
    expect(await isThere()).toBe(false);
    expect(await mendDurable(guard, plan)).toBe(true);
    expect(await mendDurable(guard, plan, failing)).toBe(false);
  });

  it('makes a durable anew that is gone, as it was, and leaves one alone that has messages in hand', async () => {
    const plan = ingressPlan('trt_acme');
    const manager = await jetstreamManager(provisioner);
    const before = await manager.consumers.info(plan.stream, ingressDurable);
    await manager.consumers.delete(plan.stream, ingressDurable);
    const sender = new RoadPublisher(acme);
    await sender.publish(bytes('kept'), 'kept');
    expect(await mendDurable(guard, plan)).toBe(true);
    expect((await manager.consumers.info(plan.stream, ingressDurable)).config).toEqual(
      before.config,
    );
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const got: string[] = [];
    const work = new DeliveryConsumer(guard, {
      stream: plan.stream,
      durable: ingressDurable,
      ackWaitMs: 30_000,
      inFlight: 8,
      isOrdered: false,
      handle: async ({ data }) => {
        got.push(text(data));
        await (text(data) === 'kept' ? held : undefined);
        return { kind: 'ack' };
      },
      onDead: () => Promise.resolve(),
    });
    work.start();
    await sender.publish(bytes('later'), 'later');
    await until(
      'both are in hand, the later one answered',
      async () => got.length === 2 && (await inHand(plan)) === 1,
    );
    expect(await mendDurable(guard, plan)).toBe(false);
    release();
    await Promise.all([work.stop(), sender.stop()]);
    expect(got).toEqual(['kept', 'later']);
    await expect(mendDurable(guard, ingressPlan('trt_nobody'))).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
  });
});
