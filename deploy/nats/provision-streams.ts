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
import { ingressStream, ingressSubjects } from '#libs/contracts/subjects.js';

type StreamPlan = Partial<StreamConfig> & { readonly name: string };

const minute = 60_000;

/**
 * Makes the stream of each party, in which what it puts out waits until the guard has read it, or brings them to their settings where the server
 * can change them. Idempotent; never deletes or purges, and never shrinks a stream below what lies in it (the server would drop the oldest). What
 * the server echoes is compared with what was asked: an older server ignores in silence the fields it does not know.
 *
 * @param connection of the user `provisioner`
 * @param replicas servers that hold each stream: 1, or 3 in a cluster
 * @throws MeshError `config-invalid` when a stream exists with settings that cannot be changed, or the server does not do as asked
 */
export async function provisionStreams(
  connection: NatsConnection,
  parties: readonly BrokerParty[],
  replicas = 1,
): Promise<void> {
  const manager = await jetstreamManager(connection);
  for (const party of parties)
    await reconcileStream(manager, { ...ingressPlan(party), num_replicas: replicas });
}

/** The guard takes out what it has read: it is read without acknowledgements, which a work queue refuses. */
const ingressPlan = (party: BrokerParty): StreamPlan => ({
  name: ingressStream(party.id),
  subjects: [ingressSubjects(party.id)],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  // Full, it refuses the next: nothing that was taken is dropped.
  discard: DiscardPolicy.New,
  max_bytes: party.maxBytes,
  duplicate_window: nanos(2 * minute),
  deny_delete: true,
});

async function reconcileStream(manager: JetStreamManager, config: StreamPlan): Promise<void> {
  const known = await found(manager.streams.info(config.name));
  if (known === undefined) {
    assertEcho(config.name, config, (await manager.streams.add(config)).config);
    return;
  }
  if (differences(config, known.config).length === 0) return;
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
}

async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    // JetStreamApiError.status: the API's 404 for a stream not found.
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
