import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { ackWaitsMs } from '#libs/nats/durable-plan.js';
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
    const ackWait = async (): Promise<number> => (await manager.consumers.info('IN_jcp_leeds', 'guard')).config.ack_wait ?? 0;
    await manager.consumers.update('IN_jcp_leeds', 'guard', { ack_wait: nanos(3 * ackWaitsMs.ingress) });
    expect(await ackWait()).toBe(nanos(3 * ackWaitsMs.ingress));
    await provisionStreams(provisioner, nats.parties, nats.broker.eventsMaxBytes);
    expect(await ackWait()).toBe(nanos(ackWaitsMs.ingress));
  });
});
