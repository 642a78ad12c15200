import { trimmingNow } from '#test/support/trimming-now.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, RetentionPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { trimIngress } from '#libs/nats/trim-ingress.js';
import { NatsForTest } from '#test/support/nats-for-test.js';

let nats: NatsForTest;
let provisioner: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_leeds', 'trt_old']);
  provisioner = await nats.connect('provisioner');
  manager = await jetstreamManager(provisioner);
});
afterAll(() => nats?.stop());

const provision = () => provisionStreams(provisioner, nats.parties);
const configOf = async (stream: string) => (await manager.streams.info(stream)).config;

describe('provisioning', () => {
  it('makes one stream a party, and no durable', async () => {
    const found = new Map<string, unknown>();
    for await (const { config, state } of manager.streams.list())
      found.set(config.name, [config.subjects, state.consumer_count]);
    expect(found).toEqual(
      new Map(nats.parties.map(({ id }) => [`IN_${id}`, [[`ingress.${id}.>`], 0]])),
    );
  });

  it('brings a stream of an earlier release to the settings of this one, with what lies in it', async () => {
    const sender = new RoadPublisher(await nats.connect('jcp_leeds'));
    await sender.publish(new Uint8Array([1]), 'kept');
    const before = await configOf('IN_jcp_leeds');
    await manager.streams.update('IN_jcp_leeds', {
      duplicate_window: nanos(1_000),
      max_bytes: before.max_bytes * 2,
    });
    expect(await configOf('IN_jcp_leeds')).not.toEqual(before);
    await provision();
    expect(await configOf('IN_jcp_leeds')).toEqual(before);
    expect((await sender.publish(new Uint8Array([1]), 'kept')).duplicate).toBe(true);
    await sender.stop();
  });

  it('lets the guard take out what it has read, and nobody a message from the middle', async () => {
    const guard = await nats.connect('guard');
    await expect(manager.streams.deleteMessage('IN_jcp_leeds', 1)).rejects.toThrow(/delete/);
    await trimIngress(trimmingNow(guard, 'jcp_leeds'), 2);
    expect((await manager.streams.info('IN_jcp_leeds')).state.messages).toBe(0);
  });

  it('refuses a stream that cannot be read without acknowledgements, and leaves it as it is', async () => {
    await manager.streams.delete('IN_trt_old');
    const { config } = await manager.streams.add({
      name: 'IN_trt_old',
      subjects: ['ingress.trt_old.>'],
      retention: RetentionPolicy.Workqueue,
    });
    await expect(provision()).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('retention'),
    });
    expect(await configOf('IN_trt_old')).toEqual(config);
  });
});
