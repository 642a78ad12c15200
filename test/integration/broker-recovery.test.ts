import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { deliveryDurable, ingressDurable } from '#libs/contracts/subjects.js';
import { DeliveryConsumer } from '#libs/nats/delivery-consumer.js';
import { deliveryPlan, type DurablePlan, ingressPlan } from '#libs/nats/durable-plan.js';
import { mendDurable } from '#libs/nats/mend-durable.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { bytes, deliver, inboxOf, streamState, text, workOf } from '#test/support/road-inbox.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: NatsConnection;
let acme: NatsConnection;
let provisioner: NatsConnection;

beforeAll(async () => {
  nats = await NatsForTest.start(['trt_acme', 'trt_west', 'trt_north', 'trt_south']);
  [guard, acme, provisioner] = (await Promise.all(
    ['guard', 'trt_acme', 'provisioner'].map((user) => nats.connect(user)),
  )) as [NatsConnection, NatsConnection, NatsConnection];
});
afterAll(() => nats?.stop());

/** Asked again until a broker that has just come back answers. */
const mended = (plan: DurablePlan): Promise<boolean> =>
  until('the broker answers', async () => ({ isAnew: await mendDurable(guard, plan) })).then(
    ({ isAnew }) => isAnew,
  );

const inHand = async ({ stream, config }: DurablePlan): Promise<number> => {
  const manager = await jetstreamManager(provisioner);
  return (await manager.consumers.info(stream, config.durable_name)).num_ack_pending;
};

describe('the road, after the broker was killed or a durable is gone', () => {
  it('comes back by itself after the broker was killed, with what was acknowledged', async () => {
    const inbox = inboxOf(acme, 'trt_acme');
    await until('healthy', () => inbox.consumer.isHealthy());
    await deliver(guard, 'trt_acme', 'before');
    await until('arrived', () => inbox.got.length === 1);
    await nats.kill();
    await until('unhealthy', () => !inbox.consumer.isHealthy());
    await nats.run();
    // Killed at the wrong moment, it counts this stream from 1.
    await nats.mend();
    await deliver(guard, 'trt_acme', 'after');
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
    await deliver(guard, 'trt_north', 'held');
    await until('it is in hand', () => inbox.got.length === 1);
    await nats.kill();
    await until('unhealthy', () => !inbox.consumer.isHealthy());
    await nats.run();
    await nats.mend();
    await until(
      'the broker is back',
      async () => (await streamState(provisioner, 'trt_north')).messages === 1,
    );
    await until('healthy', () => inbox.consumer.isHealthy());
    release();
    await inbox.consumer.stop();
    expect((await streamState(provisioner, 'trt_north')).messages).toBe(1);
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
      async () => (await streamState(provisioner, plan.stream)).messages === 0,
    );
    expect(await mendDurable(guard, plan)).toBe(false);
    await nats.loseCount(plan.stream);
    await send('new-0', 'new-1');
    await until(
      'both lie there',
      async () => (await streamState(provisioner, plan.stream)).messages === 2,
    );
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
    for (const body of ['one', 'two']) await deliver(guard, 'trt_south', body);
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
      async () => (await streamState(provisioner, plan.stream)).messages === 0,
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
