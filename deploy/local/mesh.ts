import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import type { PartyEntry } from '#services/operator/domain/directory-file.js';
import { freePorts } from './free-port.js';
import { createLocalDatabases } from './local-databases.js';
import { type LocalMailServer, startMailServer } from './mail-server.js';
import { startBroker } from './mesh-broker.js';
import { MeshSecrets } from './mesh-secrets.js';
import {
  type ServiceGround,
  type ServiceName,
  type ServiceSettings,
  gatewayUrl,
  serviceNames,
  serviceProcess,
} from './mesh-services.js';
import type { LocalNats } from './nats-server.js';
import { type LocalPostgres, startPostgres } from './postgres-server.js';
import { type LocalRedis, startRedis } from './redis-server.js';
import type { SystemClient } from './sign-in-provider.js';
import { Stack } from './stack.js';
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
  /** Settings that are not a service's usual ones here: a test waits for no interval. */
  readonly settings?: ServiceSettings;
  /** Services not to start (a benchmark needs the guard alone). */
  readonly without?: readonly ServiceName[];
  /** Aborted: everything is stopped, and a start that is under way fails. */
  readonly stopWanted?: AbortSignal;
}

/** Where the sample's sign-in provider is once the desks run: the gateway takes its access tokens. */
interface SignInPlace {
  readonly port: number;
  readonly issuer: string;
  /** The agencies' own systems, as the provider is to know them. */
  readonly systems: readonly SystemClient[];
}

/** A mesh of one machine: private servers and the services, each a process of its own, on loopback ports. */
export interface LocalMesh {
  readonly gatewayUrl: string;
  readonly natsUrl: string;
  readonly mailFolder: string;
  readonly clockFile: string;
  readonly opsEnvFile: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly signIn: SignInPlace;
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

/**
 * Starts everything: servers, accounts and streams, databases, services. What an earlier run left in the folder is found again.
 * @throws Error when a server or service does not start; what was started before it is stopped
 */
export async function startMesh(options: MeshOptions): Promise<LocalMesh> {
  const stack = new Stack();
  options.stopWanted?.addEventListener('abort', () => void stack.stop(), { once: true });
  try {
    return await start(options, stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(options: MeshOptions, stack: Stack): Promise<LocalMesh> {
  const { folder, print } = options;
  await mkdir(join(folder, 'log'), { recursive: true, mode: 0o700 });
  const secrets = await openSecrets(join(folder, 'secrets'));
  const clockFile = join(folder, 'clock.json');
  await LocalClockControl.open(clockFile, options.startsAt);
  const [
    natsPort = 0,
    monitorPort = 0,
    redisPort = 0,
    postgresPort = 0,
    smtpPort = 0,
    gatewayPort = 0,
    signInPort = 0,
  ] = await freePorts(7);

  const ports = { natsPort, monitorPort };
  const brokerStart = startBroker({ folder, parties: options.parties, secrets, ports, stack });
  const serversStart = startServers(folder, { postgresPort, redisPort, smtpPort }, stack);
  await Promise.allSettled([brokerStart, serversStart]);
  const broker = await brokerStart;
  const { postgres, redis, mail } = await serversStart;
  const databases = await createLocalDatabases(postgres, secrets.databasePasswordsFile);
  for (const server of [broker.nats, postgres, redis, mail])
    server.process.events.on('restarted', print);
  print(
    `servers: nats ${natsPort} · postgres ${postgresPort} · redis ${redisPort} · smtp ${smtpPort}`,
  );

  const natsUrl = broker.nats.url;
  const { tokens, signIn } = await letIn(options.parties, secrets, signInPort);
  const ground = {
    natsUrl,
    redisUrl: redis.url,
    smtpPort,
    databases,
    clockFile,
    secrets,
    gatewayPort,
    issuer: signIn.issuer,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  };
  const services = await startServices(options, ground, stack);
  const opsEnvFile = join(folder, 'ops.env');
  const seed = secrets.seed('svc_ops');
  await writeOpsEnv(opsEnvFile, { natsUrl, seed, clockFile, state: broker.stateFile });
  return {
    gatewayUrl: gatewayUrl(gatewayPort),
    natsUrl,
    mailFolder: join(folder, 'mail'),
    clockFile,
    opsEnvFile,
    tokens,
    signIn,
    secrets,
    servers: { nats: broker.nats, redis, postgres, mail },
    databases,
    services,
    stop: () => stack.stop(),
  };
}

async function openSecrets(folder: string): Promise<MeshSecrets> {
  const secrets = await MeshSecrets.open(folder);
  await secrets.makeGuardKeys();
  await secrets.makeEvidenceKey();
  return secrets;
}

/** By token, and by a client of the sample's sign-in provider. */
async function letIn(
  parties: MeshOptions['parties'],
  secrets: MeshSecrets,
  port: number,
): Promise<Pick<LocalMesh, 'tokens' | 'signIn'>> {
  const ids = parties.map(({ id }) => id);
  const tokens = await secrets.tokens(ids);
  const issuer = `http://127.0.0.1:${port}`;
  return { tokens, signIn: { port, issuer, systems: await secrets.systems(ids, issuer) } };
}

interface ServerPorts {
  readonly postgresPort: number;
  readonly redisPort: number;
  readonly smtpPort: number;
}

/** The servers beside the broker. */
async function startServers(
  folder: string,
  ports: ServerPorts,
  stack: Stack,
): Promise<Pick<LocalMesh['servers'], 'postgres' | 'redis' | 'mail'>> {
  const placeOf = (name: string): { readonly dir: string; readonly logFile: string } => ({
    dir: join(folder, name),
    logFile: join(folder, 'log', `${name}.log`),
  });
  const started = [
    startPostgres({ ...placeOf('postgres'), port: ports.postgresPort }),
    startRedis({ ...placeOf('redis'), port: ports.redisPort }),
    startMailServer({ ...placeOf('mail'), port: ports.smtpPort }),
  ] as const;
  // What did start is stopped also where another did not.
  await stack.push(() =>
    atOnce(started.map(async (starting) => (await starting.catch(() => undefined))?.stop())),
  );
  const [postgres, redis, mail] = await Promise.all(started);
  return { postgres, redis, mail };
}

async function startServices(
  { folder, scale, without, print }: MeshOptions,
  ground: ServiceGround,
  stack: Stack,
): Promise<ReadonlyMap<string, SupervisedProcess>> {
  const services = new Map<string, SupervisedProcess>();
  for (const name of serviceNames.filter((each) => without?.includes(each) !== true)) {
    for (let number = 1; number <= (scale?.[name] ?? 1); number += 1) {
      const label = number === 1 ? name : `${name}-${number}`;
      const service = serviceProcess(name, label, ground, join(folder, 'log', `${label}.log`));
      service.events.on('restarted', print);
      services.set(label, service);
    }
  }
  const all = [...services.values()];
  await stack.push(() => atOnce(all.map((service) => service.stop())));
  await atOnce(all.map((service) => service.start()));
  print(`services: ${[...services.keys()].join(' · ')}`);
  return services;
}

/** Waits for each, also when one fails. @throws the first failure */
async function atOnce(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
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
