import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { type JetStreamManager, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import type { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

export const relaySource = { stream: 'RELAY_IN', subject: 'relay.in' };
export const relayTarget = { stream: 'RELAY_OUT', subject: 'relay.out' };
export const relayDurable = 'relay';

export interface RelayAccount {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly password: string;
}

/** An account of the benchmark's own on the guard's broker, with its own work queues: same store, same cipher. */
export async function openRelayAccount(nats: NatsForTest, maxBytes: number): Promise<RelayAccount> {
  const password = `p${randomBytes(16).toString('hex')}`;
  const file = join(nats.broker.configFolder, 'nats-server.conf');
  const account = `  "BENCH": { jetstream: "enabled", users: [ { user: "relay", password: "${password}" } ] }\n`;
  const config = await readFile(file, 'utf8');
  await writeFile(
    file,
    config.replace('accounts {\n', () => `accounts {\n${account}`),
  );
  await nats.broker.reload();
  const connection = await until('the relay is let in', () =>
    connect({ servers: nats.broker.url, user: 'relay', pass: password, noAsyncTraces: true }),
  );
  const manager = await jetstreamManager(connection);
  for (const { stream, subject } of [relaySource, relayTarget]) {
    const retention = RetentionPolicy.Workqueue;
    await manager.streams.add({
      name: stream,
      subjects: [subject],
      retention,
      max_bytes: maxBytes,
    });
    await manager.consumers.add(stream, {
      durable_name: relayDurable,
      ack_policy: 'explicit',
      ack_wait: nanos(60_000),
      max_ack_pending: 1_024,
    });
  }
  return { connection, manager, password };
}
