import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { requirePartyId, type BrokerParty } from '#libs/contracts/party.js';
import { outSubject } from '#libs/contracts/subjects.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { brokerConfig, type BrokerConfigOptions, type BrokerFile } from './broker-config.js';
import { checkBrokerConfig } from './check-broker-config.js';
import { lintBrokerConfig } from './lint-broker-config.js';
import { provisionStreams } from './provision-streams.js';
import { writeBrokerFiles } from './write-broker-files.js';

/** A running broker, as its deployment knows it. */
export interface RunningBroker {
  readonly url: string;
  /** Folder of `nats-server.conf`. */
  readonly configFolder: string;
  readonly options: BrokerConfigOptions;
  /** Environment for `nats-server -t`: holds the variable of the store's key. */
  readonly env: NodeJS.ProcessEnv;
  readonly provisionerSeedFile: string;
  /** Makes the server read its configuration again: one SIGHUP. */
  readonly reload: () => Promise<void>;
}

/** One SIGHUP leaves the imports of a new account dead on nats-server below 2.9.17; the second wakes them. */
const reloadsNeeded = 2;
const reloadsTried = 5;

/**
 * Adds one party to a running mesh: its stream, its account, two reloads, and a proof under the party's own key that its account reaches
 * its stream. Nothing is written before the whole new configuration has passed the lint and the server's own check. Publishers may see
 * time-outs and 503 during the reloads and send again.
 *
 * @param parties those there are
 * @param seedFile of the new party's user, for the proof
 * @returns the parties there are now; keeping the list is the caller's
 * @throws MeshError `party-id-invalid` · `config-invalid` (id or key taken, no room, refused by lint or server) · `broker-unavailable`
 */
export async function addParty(
  broker: RunningBroker,
  parties: readonly BrokerParty[],
  party: BrokerParty,
  seedFile: string,
): Promise<readonly BrokerParty[]> {
  requirePartyId(party.id);
  if (parties.some(({ id }) => id === party.id))
    throw new MeshError('config-invalid', `there is a party ${party.id} already`);
  const all = [...parties, party];
  const files = brokerConfig(all, broker.options);
  await proveConfig(broker, all, files);
  const provisioner = await connectMesh({
    url: broker.url,
    seedFile: broker.provisionerSeedFile,
    name: 'provisioner',
    inboxPrefix: '_INBOX_provisioner',
  });
  try {
    await provisionStreams(provisioner, [party]);
  } finally {
    await provisioner.close();
  }
  await writeBrokerFiles(broker.configFolder, files);
  for (let reloads = 1; reloads <= reloadsTried; reloads += 1) {
    await broker.reload();
    // The server reads in its own time and coalesces signals that come too close.
    await delay(300);
    if (reloads >= reloadsNeeded && (await canReachItsStream(broker.url, party.id, seedFile)))
      return all;
  }
  throw new MeshError(
    'broker-unavailable',
    `${party.id} does not reach its stream after ${reloadsTried} reloads`,
  );
}

/**
 * Lint and `nats-server -t` of a configuration, in a folder of its own.
 * @throws MeshError `config-invalid` with the first findings
 */
export async function proveConfig(
  broker: Pick<RunningBroker, 'options' | 'env'>,
  parties: readonly BrokerParty[],
  files: readonly BrokerFile[],
): Promise<void> {
  const findings = lintBrokerConfig(new Map(files.map((file) => [file.path, file.text])), {
    ...broker.options,
    parties,
  });
  if (findings.length > 0) {
    const first = findings
      .slice(0, 5)
      .map((found) => `${found.rule} at ${found.where}: ${found.detail}`);
    throw new MeshError(
      'config-invalid',
      `the broker's configuration breaks ${findings.length} rules: ${first.join('; ')}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'broker-config-'));
  try {
    await writeBrokerFiles(folder, files);
    await checkBrokerConfig(join(folder, 'nats-server.conf'), broker.env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Under the party's own key, without leaving a message behind: its way out ends at its own stream. */
async function canReachItsStream(url: string, party: string, seedFile: string): Promise<boolean> {
  let connection: NatsConnection | undefined;
  try {
    connection = await connectMesh({ url, seedFile, name: `${party} (proof)`, waitMs: 2_000 });
    // The stream refuses what expects another stream (JSStreamNotMatch), and by refusing shows that it is there.
    const expectation = headers();
    expectation.set('Nats-Expected-Stream', 'NOT_THIS_ONE');
    const refusal = await connection.request(outSubject, '', {
      timeout: 1_000,
      headers: expectation,
    });
    return refusal.json<{ error?: { err_code: number } }>().error?.err_code === 10_060;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
