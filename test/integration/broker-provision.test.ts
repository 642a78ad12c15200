import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { deliveryDurable, deliverySubject } from '#libs/contracts/subjects.js';
import { ackWaitsMs } from '#libs/nats/durable-plan.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { NatsForTest } from '#test/support/nats-for-test.js';

let nats: NatsForTest;
let provisioner: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_leeds']);
  provisioner = await nats.connect('provisioner');
  manager = await jetstreamManager(provisioner);
});
afterAll(() => nats?.stop());

describe('provisioning', () => {
  it('brings durables of an earlier release to the settings of this one', async () => {
    const ackWait = async (): Promise<number> =>
      (await manager.consumers.info('IN_jcp_leeds', 'guard')).config.ack_wait ?? 0;
    await manager.consumers.update('IN_jcp_leeds', 'guard', {
      ack_wait: nanos(3 * ackWaitsMs.ingress),
    });
    expect(await ackWait()).toBe(nanos(3 * ackWaitsMs.ingress));
    await provisionStreams(provisioner, nats.parties, nats.broker.eventsMaxBytes);
    expect(await ackWait()).toBe(nanos(ackWaitsMs.ingress));
  });

  it('makes the durable of a delivery stream with the stream, and leaves it to the guard from then on, though nothing be in it', async () => {
    const provision = () => provisionStreams(provisioner, nats.parties, nats.broker.eventsMaxBytes);
    const count = async (): Promise<number> =>
      (await manager.streams.info('jcp_leeds')).state.consumer_count;
    await manager.streams.delete('jcp_leeds');
    await provision();
    expect(await count()).toBe(1);
    // A broker that was killed may have lost count of what was in it: it says that nothing was.
    await manager.consumers.delete('jcp_leeds', deliveryDurable);
    await provision();
    expect(await count()).toBe(0);
    const out = new RoadPublisher(await nats.connect('guard'), { inboxPrefix: '_INBOX_guard' });
    await out.publish(new Uint8Array([1]), 'one', deliverySubject('jcp_leeds'));
    await out.stop();
    await provision();
    expect(await count()).toBe(0);
  });
});
