import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from '#deploy/local/free-port.js';
import { clearLeftovers } from '../../deploy/local/postgres-leftovers.js';
import { until } from './until.js';

const run = promisify(execFile);

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

/** A private PostgreSQL on a free loopback port, its data in a directory of its own. As root it runs as the user `postgres`. `isDurable`: with fsync, as deployed. `sharedBuffers`: default as PostgreSQL's. */
export async function startPostgres({
  isDurable = false,
  sharedBuffers = '128MB',
} = {}): Promise<PostgresServer> {
  const bin = await binaries();
  const directory = await mkdtemp(join(tmpdir(), 'tc-pg-'));
  const owner = await serverUser();
  if (owner.uid !== undefined) await chown(directory, owner.uid, owner.gid ?? owner.uid);
  const data = join(directory, 'data');
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    {
      ...owner,
      cwd: directory,
    },
  );
  const port = await freePort();
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  let server = await launch();

  async function launch(): Promise<ChildProcess> {
    const args = [
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      directory,
      '-c',
      'listen_addresses=127.0.0.1',
      // On by default, and then it can still be changed while the server runs.
      ...(isDurable ? [] : ['-c', 'fsync=off']),
      '-c',
      'max_connections=200',
      '-c',
      `shared_buffers=${sharedBuffers}`,
    ];
    const child = spawn(join(bin, 'postgres'), args, { ...owner, cwd: directory, stdio: 'ignore' });
    await until('postgres answers', () => query(url('postgres'), 'select 1'), 30_000);
    return child;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  }

  return {
    url,
    createDatabase: async (name) => {
      await query(url('postgres'), `create database "${name}"`);
      return url(name);
    },
    kill: async () => {
      await end('SIGKILL');
      await clearLeftovers(data); // its backends would answer for some moments more
    },
    restart: async () => {
      server = await until('postgres starts again', launch, 30_000);
    },
    stop: async () => {
      await end('SIGINT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function query(url: string, text: string): Promise<true> {
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

async function binaries(): Promise<string> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? (await readdir(debian)).sort((a, b) => Number(b) - Number(a))
    : [];
  const places = [
    ...versions.map((version) => join(debian, version, 'bin')),
    '/usr/local/bin',
    '/usr/bin',
  ];
  const found = places.find(
    (place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')),
  );
  if (found === undefined) throw new Error('no PostgreSQL server found: install postgresql');
  return found;
}

async function serverUser(): Promise<{ uid?: number; gid?: number }> {
  if (userInfo().uid !== 0) return {};
  const [uid, gid] = await Promise.all([
    run('id', ['-u', 'postgres']),
    run('id', ['-g', 'postgres']),
  ]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
