import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { brokerConfig, type BrokerConfigOptions } from '#deploy/nats/broker-config.js';
import { proveConfig } from '#deploy/nats/add-party.js';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { writeBrokerFiles } from '#deploy/nats/write-broker-files.js';
import type { BrokerParty } from '#libs/contracts/party.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import type { PartyEntry } from '#services/operator/domain/directory-file.js';
import type { MeshSecrets } from './mesh-secrets.js';
import { readMeshState, writeMeshState } from './mesh-state.js';
import { type LocalNats, startNats } from './nats-server.js';
import type { Stack } from './stack.js';

const keyVariable = 'JS_KEY';
const maxFileBytes = 8 * 1024 * 1024 * 1024;

interface BrokerStart {
  readonly folder: string;
  readonly parties: readonly PartyEntry[];
  readonly secrets: MeshSecrets;
  readonly ports: { readonly natsPort: number; readonly monitorPort: number };
  readonly stack: Stack;
}

/** Starts the broker with an account for each party and the streams of all; parties of an earlier run stay. */
export async function startBroker({
  folder,
  parties: entries,
  secrets,
  ports,
  stack,
}: BrokerStart): Promise<{ nats: LocalNats; stateFile: string }> {
  const path = (...parts: string[]): string => join(folder, ...parts);
  const stateFile = path('mesh-state.json');
  const earlier: readonly BrokerParty[] = existsSync(stateFile)
    ? (await readMeshState(stateFile)).parties
    : [];
  const parties = await secrets.brokerParties(entries, earlier);
  const key = await secrets.cipherKey();
  const config = await configOf(secrets, ports, path('nats'));
  const files = brokerConfig(parties, config);
  const env = { ...process.env, [keyVariable]: key };
  await proveConfig({ options: config, env }, parties, files);
  await writeBrokerFiles(path('broker'), files);
  const nats = await startNats({
    configFile: path('broker', 'nats-server.conf'),
    port: ports.natsPort,
    logFile: path('log', 'nats.log'),
    env: { [keyVariable]: key },
  });
  await stack.push(() => nats.stop());
  await provision(nats.url, secrets.seed('provisioner'), parties);
  await writeMeshState(stateFile, {
    natsUrl: nats.url,
    configFolder: path('broker'),
    broker: config,
    cipherKeyFile: secrets.cipherKeyFile,
    keysFolder: secrets.keysFolder,
    gatewayPartiesFile: secrets.gatewayPartiesFile,
    guardKeysFile: secrets.guardKeysFile,
    parties,
  });
  return { nats, stateFile };
}

async function configOf(
  secrets: MeshSecrets,
  ports: BrokerStart['ports'],
  storeDir: string,
): Promise<BrokerConfigOptions> {
  return {
    host: '127.0.0.1',
    port: ports.natsPort,
    monitorPort: ports.monitorPort,
    storeDir,
    cipher: 'chacha',
    keyVariable,
    guardPublicKey: await secrets.publicKey('guard'),
    provisionerPublicKey: await secrets.publicKey('provisioner'),
    systemPublicKey: await secrets.publicKey('sys'),
    maxFileBytes,
    // nats-server 2.9.10, Debian's, does not know it: see the README, "Limits".
    syncAlways: false,
  };
}

async function provision(
  url: string,
  seedFile: string,
  parties: readonly BrokerParty[],
): Promise<void> {
  const provisioner = await connectMesh({
    url,
    seedFile,
    name: 'provisioner',
    inboxPrefix: '_INBOX_provisioner',
  });
  try {
    await provisionStreams(provisioner, parties);
  } finally {
    await provisioner.close();
  }
}
