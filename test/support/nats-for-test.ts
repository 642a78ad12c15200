import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { freePort } from '#deploy/local/free-port.js';
import type { RunningBroker } from '#deploy/nats/add-party.js';
import { brokerConfig } from '#deploy/nats/broker-config.js';
import { brokerPublicKey, newCipherKey, seedFile } from '#deploy/nats/broker-keys.js';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { writeBrokerFiles } from '#deploy/nats/write-broker-files.js';
import { isServiceParty, serviceParties, type BrokerParty } from '#libs/contracts/party.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { allow } from './pace.js';
import { until } from './until.js';

/** A real nats-server with the generated configuration, keys and streams, in a folder of its own that goes with it. */
export class NatsForTest {
  readonly #connections: NatsConnection[] = [];
  #process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly broker: RunningBroker,
    public parties: readonly BrokerParty[],
  ) {}

  /** @param agencies ids of parties beside the mesh's own services */
  static async start(
    agencies: readonly string[],
    maxBytes = 8 * 1024 * 1024,
  ): Promise<NatsForTest> {
    const folder = await mkdtemp(join(tmpdir(), 'nats-for-test-'));
    const keys = join(folder, 'keys');
    const ids = [...agencies, ...serviceParties];
    const parties = await Promise.all(ids.map((id) => newParty(keys, id, maxBytes)));
    const port = await freePort();
    const options = {
      host: '127.0.0.1',
      port,
      monitorPort: await freePort(),
      storeDir: join(folder, 'js'),
      cipher: 'chacha' as const,
      keyVariable: 'JS_KEY',
      guardPublicKey: await brokerPublicKey(keys, 'guard'),
      provisionerPublicKey: await brokerPublicKey(keys, 'provisioner'),
      systemPublicKey: await brokerPublicKey(keys, 'sys'),
      maxFileBytes: 4 * 1024 * 1024 * 1024,
      syncAlways: false,
    };
    const broker: RunningBroker = {
      url: `nats://127.0.0.1:${port}`,
      configFolder: join(folder, 'config'),
      options,
      env: { ...process.env, JS_KEY: newCipherKey() },
      provisionerSeedFile: seedFile(keys, 'provisioner'),
      reload: async () => {
        nats.#process?.kill('SIGHUP');
        await Promise.resolve();
      },
    };
    await writeBrokerFiles(broker.configFolder, brokerConfig(parties, options));
    const nats = new NatsForTest(folder, broker, parties);
    await nats.run();
    await provisionStreams(await nats.connect('provisioner'), parties);
    return nats;
  }

  /** Starts the server (again, after `kill`), and waits until it answers. */
  async run(): Promise<void> {
    const log = await open(this.logFile, 'a');
    const server = spawn(
      'nats-server',
      ['-c', join(this.broker.configFolder, 'nats-server.conf')],
      {
        env: this.broker.env,
        stdio: ['ignore', 'ignore', log.fd],
      },
    );
    await log.close();
    this.#process = server;
    await until('nats-server answers', async () => {
      if (server.exitCode !== null) throw new Error(`nats-server ended with ${server.exitCode}`);
      return (await fetch(`${this.monitorUrl}/healthz`)).ok;
    });
  }

  /** All that the server says, over its restarts. */
  get logFile(): string {
    return join(this.folder, 'nats.log');
  }

  get monitorUrl(): string {
    return `http://127.0.0.1:${this.broker.options.monitorPort}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get isAlive(): boolean {
    return (
      this.#process !== undefined &&
      this.#process.exitCode === null &&
      this.#process.signalCode === null
    );
  }

  seedFile(user: string): string {
    return seedFile(join(this.folder, 'keys'), user);
  }

  /** A party with a new key; not yet known to the broker. */
  newParty(id: string, maxBytes = 8 * 1024 * 1024): Promise<BrokerParty> {
    return newParty(join(this.folder, 'keys'), id, maxBytes);
  }

  /** Under the user's own key, as the services connect. Closed by `stop`. */
  async connect(user: string): Promise<NatsConnection> {
    const ownInbox = user === 'guard' || user === 'provisioner' || user === 'sys';
    const connection = await connectMesh({
      url: this.broker.url,
      seedFile: this.seedFile(user),
      name: user,
      ...(ownInbox ? { inboxPrefix: `_INBOX_${user}` } : {}),
      waitMs: allow(5_000),
    });
    this.#connections.push(connection);
    return connection;
  }

  /** Without any credential. */
  async connectWithout(): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.broker.url,
      timeout: allow(2_000),
      reconnect: false,
    });
    this.#connections.push(connection);
    return connection;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill(signal);
    await exit;
  }

  /**
   * Starts the server anew as one that was killed while it replaced the file of a stream's last message, just acknowledged: it counts the stream
   * from 1 again.
   */
  async loseCount(...streams: readonly string[]): Promise<void> {
    await this.kill('SIGTERM');
    const folders = streams.map((stream) =>
      join(this.broker.options.storeDir, 'jetstream', 'HUB', 'streams', stream, 'msgs'),
    );
    const files = (
      await Promise.all(
        folders.map(async (folder) => (await readdir(folder)).map((file) => join(folder, file))),
      )
    ).flat();
    if (files.length === 0) throw new Error(`no files of ${streams.join(', ')}`);
    await Promise.all(files.map((file) => rm(file)));
    await this.run();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function newParty(keys: string, id: string, maxBytes: number): Promise<BrokerParty> {
  const kind = isServiceParty(id)
    ? 'service'
    : id.startsWith('jcp')
      ? 'jobcentre'
      : 'treatment-provider';
  return { id, kind, publicKey: await brokerPublicKey(keys, id), maxBytes };
}
