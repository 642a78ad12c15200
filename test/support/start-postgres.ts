import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type ChildRun, startChild } from '#deploy/local/child-run.js';
import { freePort } from '#deploy/local/free-port.js';
import { databaseUser } from '#deploy/local/pg-user.js';
import { clearLeftovers } from '#deploy/local/postgres-leftovers.js';
import { copyCluster, postgresPrograms } from './postgres-cluster.js';
import { until } from './until.js';

export interface PostgresServer {
  /** URL of a database; `postgres` is the one that is always there. */
  url(database: string): string;
  /** Makes an empty database and gives its URL. */
  createDatabase(name: string): Promise<string>;
  /** kill -9 of the postmaster and its children, as a crash would. */
  kill(): Promise<void>;
  /** Starts again on the same port and data after `kill()`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A private PostgreSQL on a free loopback port, its data in a folder of its own: for a test that kills it. Others use `sharedPostgres`.
 * As root it runs as the user `postgres`. `isDurable`: with fsync, as deployed. `sharedBuffers`: default as PostgreSQL's.
 */
export async function startPostgres({
  isDurable = false,
  sharedBuffers = '128MB',
} = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tc-pg-'));
  await chmod(folder, 0o711); // the user postgres passes through it
  const directory = join(folder, 'cluster');
  await copyCluster(directory);
  const data = join(directory, 'data');
  await writeFile(join(data, 'pg_hba.conf'), 'host all all 127.0.0.1/32 trust\n');
  const port = await freePort();
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: sharedBuffers,
    jit: 'off', // as deployed
    // On by default, and then they can still be changed while the server runs.
    ...(isDurable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const spec = {
    command: join(postgresPrograms(), 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    cwd: '/',
    runAs: await databaseUser(directory),
  };
  let server = await launch();

  async function launch(): Promise<ChildRun> {
    const lines: string[] = [];
    const child = startChild(spec, (line) => lines.push(line));
    await until('PostgreSQL answers', () => {
      if (child.hasEnded()) throw new Error(['PostgreSQL ended', ...lines.slice(-6)].join('\n  '));
      return runQuery(url('postgres'), 'select 1');
    });
    return child;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    server.signal(signal);
    await server.exited;
  }

  return {
    url,
    createDatabase: async (name) => {
      await runQuery(url('postgres'), `create database "${name}"`);
      return url(name);
    },
    kill: async () => {
      await end('SIGKILL');
      await clearLeftovers(data); // its backends would answer for some moments more
    },
    restart: async () => {
      server = await until('PostgreSQL starts again', launch, 30_000);
    },
    stop: async () => {
      await end('SIGINT'); // "fast": it waits for no client
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One statement on a connection of its own. */
export async function runQuery(url: string, text: string): Promise<true> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(text);
    return true;
  } finally {
    await client.end();
  }
}
