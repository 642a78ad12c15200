import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brokerConfig, type BrokerConfigOptions } from '#deploy/nats/broker-config.js';
import { proveConfig } from '#deploy/nats/add-party.js';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { writeBrokerFiles } from '#deploy/nats/write-broker-files.js';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import type { BrokerParty } from '#libs/contracts/party.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import type { PartyEntry } from '#services/operator/domain/directory-file.js';
import { freePorts } from './free-port.js';
import { createLocalDatabases } from './local-databases.js';
import { type LocalMailServer, startMailServer } from './mail-server.js';
import { MeshSecrets } from './mesh-secrets.js';
import { type ServiceName, serviceNames, serviceProcess } from './mesh-services.js';
import { readMeshState, writeMeshState } from './mesh-state.js';
import { type LocalNats, startNats } from './nats-server.js';
import { type LocalPostgres, startPostgres } from './postgres-server.js';
import { type LocalRedis, startRedis } from './redis-server.js';
import type { SupervisedProcess } from './supervised-process.js';

export interface MeshOptions {
  /** Everything the mesh keeps lies below it. */
  readonly folder: string;
  /** The agencies' parties that the broker gets accounts for. */
  readonly parties: readonly PartyEntry[];
  /** How many of a service, where not one. */
  readonly scale?: Partial<Record<ServiceName, number>>;
  readonly print: (line: string) => void;
  /** What the local clock shows at the start; default: the time of this machine, or what an earlier run left. */
  readonly startsAt?: Date;
  /** Services not to start (a benchmark needs the guard alone). */
  readonly without?: readonly ServiceName[];
}

/** A mesh of one machine: private servers and the services, each a process of its own, on loopback ports. */
export interface LocalMesh {
  readonly gatewayUrl: string;
  readonly natsUrl: string;
  readonly mailFolder: string;
  readonly clockFile: string;
  readonly opsEnvFile: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly secrets: MeshSecrets;
  readonly servers: {
    readonly nats: LocalNats;
    readonly redis: LocalRedis;
    readonly postgres: LocalPostgres;
    readonly mail: LocalMailServer;
  };
  readonly databases: Awaited<ReturnType<typeof createLocalDatabases>>;
  readonly services: ReadonlyMap<string, SupervisedProcess>;
  /** Services first, then the servers. Idempotent. */
  stop(): Promise<void>;
}

const keyVariable = 'JS_KEY';
const eventsMaxBytes = 256 * 1024 * 1024;
const maxFileBytes = 8 * 1024 * 1024 * 1024;

/** What was started, stopped in the reverse order whatever happens. */
class Stack {
  private readonly stops: (() => Promise<void>)[] = [];
  private stopping: Promise<void> | undefined;

  push(stop: () => Promise<void>): void {
    this.stops.push(stop);
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => {
      for (const stop of this.stops.toReversed()) await stop();
    })();
    return this.stopping;
  }
}

/**
 * Starts everything: servers, accounts and streams, databases, services. What an earlier run left in the folder is found again.
 * @throws Error when a server or service does not start; what was started before it is stopped
 */
export async function startMesh(options: MeshOptions): Promise<LocalMesh> {
  const stack = new Stack();
  try {
    return await start(options, stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(options: MeshOptions, stack: Stack): Promise<LocalMesh> {
  const { folder, print } = options;
  const path = (...parts: string[]): string => join(folder, ...parts);
  await mkdir(path('log'), { recursive: true, mode: 0o700 });
  const secrets = await MeshSecrets.open(path('secrets'));
  await secrets.makeGuardKeys();
  await secrets.makeEvidenceKey();
  const clockFile = path('clock.json');
  await LocalClockControl.open(clockFile, options.startsAt);
  const [
    natsPort = 0,
    monitorPort = 0,
    redisPort = 0,
    postgresPort = 0,
    smtpPort = 0,
    gatewayPort = 0,
  ] = await freePorts(6);

  const broker = await startBroker({ options, secrets, ports: { natsPort, monitorPort }, stack });
  const postgres = await startPostgres({
    dir: path('postgres'),
    port: postgresPort,
    logFile: path('log', 'postgres.log'),
  });
  stack.push(() => postgres.stop());
  const databases = await createLocalDatabases(postgres, secrets.databasePasswordsFile);
  const redis = await startRedis({
    dir: path('redis'),
    port: redisPort,
    logFile: path('log', 'redis.log'),
  });
  stack.push(() => redis.stop());
  const mail = await startMailServer({
    dir: path('mail'),
    port: smtpPort,
    logFile: path('log', 'mail.log'),
  });
  stack.push(() => mail.stop());
  for (const server of [broker.nats, postgres, redis, mail])
    server.process.events.on('restarted', print);
  print(
    `servers: nats ${natsPort} · postgres ${postgresPort} · redis ${redisPort} · smtp ${smtpPort}`,
  );

  const tokens = await secrets.tokens(options.parties.map(({ id }) => id));
  const ground = {
    natsUrl: broker.nats.url,
    redisUrl: redis.url,
    smtpPort,
    databases,
    clockFile,
    secrets,
    gatewayPort,
  };
  const services = new Map<string, SupervisedProcess>();
  for (const name of serviceNames.filter((each) => options.without?.includes(each) !== true)) {
    for (let number = 1; number <= (options.scale?.[name] ?? 1); number += 1) {
      const label = number === 1 ? name : `${name}-${number}`;
      const service = serviceProcess(name, label, ground, path('log', `${label}.log`));
      stack.push(() => service.stop());
      service.events.on('restarted', print);
      services.set(label, service);
      await service.start();
    }
  }
  print(`services: ${[...services.keys()].join(' · ')}`);
  const opsEnvFile = path('ops.env');
  await writeOpsEnv(opsEnvFile, {
    natsUrl: broker.nats.url,
    seed: secrets.seed('svc_ops'),
    clockFile,
    state: broker.stateFile,
  });
  return {
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    natsUrl: broker.nats.url,
    mailFolder: path('mail'),
    clockFile,
    opsEnvFile,
    tokens,
    secrets,
    servers: { nats: broker.nats, redis, postgres, mail },
    databases,
    services,
    stop: () => stack.stop(),
  };
}

interface BrokerStart {
  readonly options: MeshOptions;
  readonly secrets: MeshSecrets;
  readonly ports: { readonly natsPort: number; readonly monitorPort: number };
  readonly stack: Stack;
}

async function startBroker({
  options,
  secrets,
  ports,
  stack,
}: BrokerStart): Promise<{ nats: LocalNats; stateFile: string }> {
  const path = (...parts: string[]): string => join(options.folder, ...parts);
  const stateFile = path('mesh-state.json');
  const earlier: readonly BrokerParty[] = existsSync(stateFile)
    ? (await readMeshState(stateFile)).parties
    : [];
  const parties = await secrets.brokerParties(options.parties, earlier);
  const key = await secrets.cipherKey();
  const config: BrokerConfigOptions = {
    host: '127.0.0.1',
    port: ports.natsPort,
    monitorPort: ports.monitorPort,
    storeDir: path('nats'),
    cipher: 'chacha',
    keyVariable,
    guardPublicKey: await secrets.publicKey('guard'),
    provisionerPublicKey: await secrets.publicKey('provisioner'),
    systemPublicKey: await secrets.publicKey('sys'),
    maxFileBytes,
    // nats-server 2.9.10, Debian's, does not know it: see the README, "Limits".
    syncAlways: false,
  };
  const files = brokerConfig(parties, config);
  const env = { ...process.env, [keyVariable]: key };
  await proveConfig({ options: config, eventsMaxBytes, env }, parties, files);
  await writeBrokerFiles(path('broker'), files);
  const nats = await startNats({
    configFile: path('broker', 'nats-server.conf'),
    port: ports.natsPort,
    logFile: path('log', 'nats.log'),
    env: { [keyVariable]: key },
  });
  stack.push(() => nats.stop());
  const provisioner = await connectMesh({
    url: nats.url,
    seedFile: secrets.seed('provisioner'),
    name: 'provisioner',
    inboxPrefix: '_INBOX_provisioner',
  });
  try {
    await provisionStreams(provisioner, parties, eventsMaxBytes);
  } finally {
    await provisioner.close();
  }
  await writeMeshState(stateFile, {
    natsUrl: nats.url,
    configFolder: path('broker'),
    broker: config,
    eventsMaxBytes,
    cipherKeyFile: secrets.cipherKeyFile,
    keysFolder: secrets.keysFolder,
    gatewayPartiesFile: secrets.gatewayPartiesFile,
    guardKeysFile: secrets.guardKeysFile,
    parties,
  });
  return { nats, stateFile };
}

async function writeOpsEnv(
  file: string,
  ops: { natsUrl: string; seed: string; clockFile: string; state: string },
): Promise<void> {
  const lines = [
    'MESH_ENV=local',
    `NATS_URL=${ops.natsUrl}`,
    `NATS_SEED_FILE=${ops.seed}`,
    `CLOCK_FILE=${ops.clockFile}`,
    `MESH_STATE_FILE=${ops.state}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}
