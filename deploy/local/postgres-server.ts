import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { startChild } from './child-run.js';
import { findPostgres } from './find-program.mjs';
import type { RunAs } from './launch-command.js';
import { databaseUser } from './pg-user.js';
import { clearLeftovers } from './postgres-leftovers.js';
import { SupervisedProcess } from './supervised-process.js';

export interface PostgresOptions {
  /** Holds the data folder and the superuser's password (mode 0600); made if absent, and found again at the next start. */
  readonly dir: string;
  readonly port: number;
  readonly logFile?: string;
}

export interface LocalPostgres {
  readonly port: number;
  readonly process: SupervisedProcess;
  /** For the superuser `postgres`; of one database, default `postgres`. */
  adminUrl(database?: string): string;
  stop(): Promise<void>;
}

/** For two cores and a few services; durable: a committed row outlives kill -9 and power loss. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '', // TCP with a password only
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  jit: 'off', // costs more than it saves on short queries
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Statements and their values may hold personal data: no log shows them.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length_on_error: '0',
};

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function programs(version: string | undefined): {
  readonly folder: string;
  readonly major: number;
} {
  const found = findPostgres(version === undefined ? {} : { major: Number(version) });
  if (found !== undefined) return found;
  throw new Error(
    version === undefined
      ? 'PostgreSQL 15 or newer is not on this machine'
      : `the data folder needs PostgreSQL ${version}, which is not on this machine`,
  );
}

async function initialise(
  folder: string,
  options: PostgresOptions,
  runAs: RunAs | undefined,
): Promise<void> {
  const fresh = join(options.dir, 'data.new');
  const lines: string[] = [];
  await rm(fresh, { recursive: true, force: true }); // what an interrupted attempt left
  const passwordFile = join(options.dir, 'superuser-password');
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (runAs !== undefined) await chown(passwordFile, runAs.uid, runAs.gid);
  const run = startChild(
    {
      command: join(folder, 'initdb'),
      args: [
        '-D',
        fresh,
        '-U',
        'postgres',
        '-E',
        'UTF8',
        '--no-locale',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
      ],
      cwd: '/',
      runAs,
    },
    (line) => lines.push(line),
  );
  const { code } = await run.exited;
  if (code !== 0) throw new Error(['initdb failed', ...lines.slice(-6)].join('\n  '));
  await rename(fresh, join(options.dir, 'data')); // whole or not at all
}

async function accepts(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes the cluster if there is none, starts it and resolves once it takes connections. As root, it runs as another user. */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const data = join(options.dir, 'data');
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const runAs = await databaseUser(options.dir);
  if (runAs !== undefined) await chown(options.dir, runAs.uid, runAs.gid);
  const version = await readIfThere(join(data, 'PG_VERSION'));
  const { folder } = programs(version);
  if (version === undefined) await initialise(folder, options, runAs);

  const password = (await readIfThere(join(options.dir, 'superuser-password'))) ?? '';
  const adminUrl = (database = 'postgres') =>
    `postgres://postgres:${password}@127.0.0.1:${options.port}/${database}`;
  const settings = Object.entries({ ...SETTINGS, port: String(options.port) }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  );
  const server = new SupervisedProcess({
    name: 'postgres',
    command: join(folder, 'postgres'),
    args: ['-D', data, ...settings],
    cwd: '/',
    runAs,
    // Safe, because whoever starts the server holds the folder (see `lockState`).
    beforeStart: () => clearLeftovers(data),
    ready: () => accepts(adminUrl()),
    stopSignal: 'SIGINT', // "fast": SIGTERM would wait for every client to leave
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
  });
  await server.start();
  return { port: options.port, process: server, adminUrl, stop: () => server.stop() };
}
