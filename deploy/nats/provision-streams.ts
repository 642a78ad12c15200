import {
  DiscardPolicy,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { BrokerParty } from '#libs/contracts/party.js';
import {
  deliveryStream,
  deliverySubjects,
  eventsStream,
  ingressStream,
  ingressSubjects,
} from '#libs/contracts/subjects.js';
import {
  ackWaitsMs,
  deliveryPlan,
  durableConfig,
  type DurablePlan,
  ingressPlan,
} from '#libs/nats/durable-plan.js';
import { followingServices } from './broker-config.js';

interface StreamPlan {
  readonly config: Partial<StreamConfig> & { readonly name: string };
  readonly durables: readonly DurablePlan['config'][];
}

const day = 24 * 60 * 60 * 1_000;
const minute = 60_000;

/**
 * Makes the streams and durables of a list of parties, or brings them to their settings where the server can change them. Idempotent;
 * never deletes or purges, and never shrinks a stream below what lies in it (the server would drop the oldest). What the server echoes is
 * compared with what was asked: an older server ignores in silence the fields it does not know.
 *
 * @param connection of the user `provisioner`
 * @param eventsMaxBytes room for EVENTS
 * @param replicas servers that hold each stream: 1, or 3 in a cluster
 * @throws MeshError `config-invalid` when a stream exists with settings that cannot be changed, or the server does not do as asked
 */
export async function provisionStreams(
  connection: NatsConnection,
  parties: readonly BrokerParty[],
  eventsMaxBytes: number,
  replicas = 1,
): Promise<void> {
  const manager = await jetstreamManager(connection);
  for (const plan of [eventsPlan(eventsMaxBytes, parties), ...parties.flatMap(partyPlans)]) {
    const isNew = await reconcileStream(manager, { ...plan.config, num_replicas: replicas });
    for (const durable of plan.durables)
      // In a stream that was there before, one that is kept in memory is the guard's to make (`DeliveryOpening`).
      if (isNew || durable.mem_storage !== true)
        await reconcileDurable(manager, plan.config.name, durable);
  }
}

function partyPlans(party: BrokerParty): readonly StreamPlan[] {
  const workQueue = {
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_bytes: party.maxBytes,
    duplicate_window: nanos(2 * minute),
    deny_purge: true,
  };
  return [
    {
      config: {
        ...workQueue,
        name: ingressStream(party.id),
        subjects: [ingressSubjects(party.id)],
      },
      durables: [ingressPlan(party.id).config],
    },
    {
      config: {
        ...workQueue,
        name: deliveryStream(party.id),
        subjects: [deliverySubjects(party.id)],
      },
      durables: [deliveryPlan(party.id).config],
    },
  ];
}

/** EVENTS drops its oldest when full or after 90 days: what it held can be published again from the guard's decisions. */
function eventsPlan(maxBytes: number, parties: readonly BrokerParty[]): StreamPlan {
  return {
    config: {
      name: eventsStream,
      subjects: ['events.>'],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_bytes: maxBytes,
      max_age: nanos(90 * day),
      duplicate_window: nanos(2 * minute),
      deny_purge: true,
      deny_delete: true,
    },
    durables: parties
      .filter(({ id }) => followingServices.includes(id))
      .map(({ id }) => durableConfig(id, ackWaitsMs.events, 512)),
  };
}

/** @returns whether it is new: one that was there and holds nothing may have lost count of what it held */
async function reconcileStream(
  manager: JetStreamManager,
  config: StreamPlan['config'],
): Promise<boolean> {
  const known = await found(manager.streams.info(config.name));
  if (known === undefined) {
    assertEcho(config.name, config, (await manager.streams.add(config)).config);
    return true;
  }
  if (differences(config, known.config).length === 0) return false;
  const wanted = config.max_bytes ?? -1;
  if (wanted < known.state.bytes)
    throw new MeshError(
      'config-invalid',
      `${config.name} holds ${known.state.bytes} bytes: it is not shrunk to ${wanted}`,
    );
  const updated = await manager.streams.update(config.name, config).catch((error: unknown) => {
    throw new MeshError(
      'config-invalid',
      `${config.name} cannot be changed: ${differences(config, known.config).join(', ')}`,
      {
        cause: error,
      },
    );
  });
  assertEcho(config.name, config, updated.config);
  return false;
}

async function reconcileDurable(
  manager: JetStreamManager,
  stream: string,
  config: StreamPlan['durables'][number],
): Promise<void> {
  const name = config.durable_name;
  const known = await found(manager.consumers.info(stream, name));
  if (known === undefined)
    assertEcho(`${stream}/${name}`, config, (await manager.consumers.add(stream, config)).config);
  else if (differences(config, known.config).length > 0) {
    await manager.consumers.update(stream, name, config);
    // Asked anew: nats-server 2.9.10 takes an update and answers it with the settings from before.
    assertEcho(`${stream}/${name}`, config, (await manager.consumers.info(stream, name)).config);
  }
}

async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    // JetStreamApiError.status: the API's 404 for stream or consumer not found.
    if ((error as { status?: number }).status === 404) return undefined;
    throw new MeshError('broker-unavailable', 'the broker does not answer the provisioner', {
      cause: error,
    });
  });
}

function assertEcho(what: string, asked: object, echoed: object): void {
  const different = differences(asked, echoed);
  if (different.length > 0)
    throw new MeshError(
      'config-invalid',
      `the server did not take for ${what}: ${different.join(', ')}`,
    );
}

/** The settings asked for that the server has otherwise. */
function differences(asked: object, echoed: object): readonly string[] {
  const has = echoed as Record<string, unknown>;
  return Object.entries(asked)
    .filter(([key, value]) => JSON.stringify(has[key]) !== JSON.stringify(value))
    .map(([key]) => key);
}
