import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Redis } from 'ioredis';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { findBroker } from '#deploy/local/broker-process.js';
import { startChild } from '#deploy/local/child-run.js';
import { freePort } from '#deploy/local/free-port.js';
import { createLocalDatabases } from '#deploy/local/local-databases.js';
import { startNats } from '#deploy/local/nats-server.js';
import { databaseUser } from '#deploy/local/pg-user.js';
import { startPostgres, type LocalPostgres } from '#deploy/local/postgres-server.js';
import { processTree, runningProcesses, workingFolder } from '#deploy/local/process-tree.js';
import { startRedis } from '#deploy/local/redis-server.js';
import { requireProgram } from '#deploy/local/require-program.js';
import { scratchFolder, type ScratchFolder } from '#test/support/scratch-folder.js';
import { until } from '#test/support/until.js';

let scratch: ScratchFolder;
const started: { stop(): Promise<void> }[] = [];

/** Remembers what a test starts, so that it ends even if the test fails. */
function owned<T extends { stop(): Promise<void> }>(server: T): T {
  started.push(server);
  return server;
}

beforeAll(async () => {
  scratch = await scratchFolder();
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

afterAll(() => scratch.remove());

/** Nothing of it lives: neither the process nor its descendants. */
function isGone(pids: readonly number[]): boolean {
  const living = runningProcesses().map(({ pid }) => pid);
  return pids.every((pid) => !living.includes(pid));
}

function treeOf(server: {
  readonly process: { readonly pid: number | undefined };
}): readonly number[] {
  const { pid } = server.process;
  if (pid === undefined) throw new Error('it does not run');
  return processTree(pid);
}

describe('the local nats-server', () => {
  async function configured(name: string, port: number, users: readonly string[]): Promise<string> {
    const file = join(scratch.path, `${name}.conf`);
    const entries = users.map((user) => `{ user: ${user}, password: secret }`).join(', ');
    const text = `listen: 127.0.0.1:${port}\njetstream { store_dir: ${JSON.stringify(join(scratch.path, name))} }
accounts { A: { jetstream: enabled, users: [${entries}] } }\n`;
    await writeFile(file, text);
    return file;
  }

  it('keeps what it acknowledged over kill -9, and leaves no process when stopped', async () => {
    const port = await freePort();
    const nats = owned(
      await startNats({ configFile: await configured('kept', port, ['ann']), port }),
    );
    const connection = await connect({
      servers: nats.url,
      user: 'ann',
      pass: 'secret',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    });
    const manager = await jetstreamManager(connection, { timeout: 500 });
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] });
    await jetstream(connection).publish('kept', 'a message');

    const before = nats.process.pid;
    await nats.process.killAndRestart();
    expect(nats.process.pid).not.toBe(before);
    const info = await until('the stream is back', () => manager.streams.info('KEPT'));
    expect(info.state.messages).toBe(1);
    await connection.close();

    const pids = treeOf(nats);
    await nats.stop();
    expect(isGone(pids)).toBe(true);
  });

  it('is found by its configuration, also after kill -9, and nobody else is taken for it', async () => {
    const port = await freePort();
    const file = await configured('found', port, ['ann']);
    const nats = owned(await startNats({ configFile: file, port }));
    const otherPort = await freePort();
    owned(
      await startNats({
        configFile: await configured('other', otherPort, ['ann']),
        port: otherPort,
      }),
    );
    expect(findBroker(file)).toBe(nats.process.pid);
    await nats.process.killAndRestart();
    expect(findBroker(file)).toBe(nats.process.pid);
    await nats.stop();
    const stranger = startChild(
      { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1e6)', '--', '-c', file] },
      () => undefined,
    );
    try {
      expect(findBroker(file)).toBeUndefined();
    } finally {
      stranger.killTree();
      await stranger.exited;
    }
  });

  it('takes up a changed configuration, and keeps the old one when the new one is broken', async () => {
    const port = await freePort();
    const file = await configured('reloaded', port, ['ann']);
    const nats = owned(await startNats({ configFile: file, port }));
    const login = (user: string) =>
      connect({ servers: nats.url, user, pass: 'secret', reconnect: false });
    await expect(login('ben')).rejects.toThrow('Authorization Violation');

    await configured('reloaded', port, ['ann', 'ben']);
    await nats.reload();
    await (await login('ben')).close();

    await writeFile(file, 'accounts { A: { users: [');
    await expect(nats.reload()).rejects.toThrow('nats-server kept its old configuration');
    await (await login('ben')).close();
  });

  it('says why when it cannot start', async () => {
    const file = join(scratch.path, 'broken.conf');
    await writeFile(file, 'no_such_option: 1');
    await expect(startNats({ configFile: file, port: await freePort() })).rejects.toThrow(
      'unknown field "no_such_option"',
    );
  });
});

describe('the local Redis', () => {
  it('keeps its data over kill -9, loses it when emptied, and asks for a password', async () => {
    const redis = owned(
      await startRedis({ dir: join(scratch.path, 'redis'), port: await freePort() }),
    );
    const client = new Redis(redis.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await client.set('a', '1');
    await until('the write is on disk', async () =>
      (await client.info('persistence')).includes('aof_pending_bio_fsync:0'),
    );

    await redis.process.killAndRestart();
    expect(await client.get('a')).toBe('1');
    expect(await client.config('GET', 'maxmemory-policy')).toEqual([
      'maxmemory-policy',
      'noeviction',
    ]);
    await redis.empty();
    expect(await client.get('a')).toBeNull();
    client.disconnect();

    const stranger = new Redis(redis.port, '127.0.0.1', { lazyConnect: true, retryStrategy: null });
    stranger.on('error', () => undefined);
    await expect(stranger.get('a')).rejects.toThrow('NOAUTH');
    stranger.disconnect();
    expect((await stat(join(scratch.path, 'redis', 'redis.conf'))).mode & 0o777).toBe(0o600);

    const pids = treeOf(redis);
    await redis.stop();
    expect(isGone(pids)).toBe(true);
  });
});

describe('the local PostgreSQL', () => {
  let postgres: LocalPostgres;
  const dir = () => join(scratch.path, 'postgres');

  async function query(url: string, text: string): Promise<readonly unknown[]> {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text)).rows as unknown[];
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<LocalPostgres> {
    return owned(
      await startPostgres({
        dir: dir(),
        port: await freePort(),
        logFile: join(scratch.path, 'postgres.log'),
      }),
    );
  }

  it('runs below a folder that only root can enter, as another user than root', async () => {
    postgres = await start();
    expect((await stat(scratch.path)).mode & 0o077).toBe(0);
    const status = await readFile(`/proc/${postgres.process.pid}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:\s+0\s/m);
    // At most the one capability that lets it pass through the folder.
    expect(status).toMatch(/^CapEff:\s+000000000000000[024]$/m);
    expect(await query(postgres.adminUrl(), 'show fsync')).toEqual([{ fsync: 'on' }]);
  });

  it('gives each service a database that no other can enter, and the next start finds it', async () => {
    const passwords = join(scratch.path, 'database-passwords.json');
    postgres = await start();
    const urls = await createLocalDatabases(postgres, passwords);
    await query(urls.guard, 'create table kept (id int primary key)');
    await expect(query(urls.router.replace(/\/router$/, '/guard'), 'select 1')).rejects.toThrow(
      'permission denied for database "guard"',
    );
    await expect(query(urls.router.replace(/\/router$/, '/postgres'), 'select 1')).rejects.toThrow(
      'permission denied for database',
    );
    await expect(query(urls.router.replace(/:[0-9a-f]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    expect((await stat(passwords)).mode & 0o777).toBe(0o600);
    await postgres.stop();

    postgres = await start();
    const again = await createLocalDatabases(postgres, passwords);
    expect(new URL(again.guard).password).toBe(new URL(urls.guard).password);
    expect(await query(again.guard, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }]);
  });

  it('is back with every committed row after kill -9 of all its processes', async () => {
    postgres = await start();
    await query(postgres.adminUrl(), 'create table rows (n int)');
    await query(postgres.adminUrl(), 'insert into rows values (1), (2)');
    const pids = treeOf(postgres);
    expect(pids.length).toBeGreaterThan(3);
    await postgres.process.killAndRestart();
    expect(isGone(pids)).toBe(true);
    expect(await query(postgres.adminUrl(), 'select n from rows order by n')).toEqual([
      { n: 1 },
      { n: 2 },
    ]);
  });

  it('is back after kill -9 of the postmaster alone, while a query of an orphaned backend still runs', async () => {
    postgres = await start();
    const client = new Client({ connectionString: postgres.adminUrl() });
    client.on('error', () => undefined);
    await client.connect();
    const cut = client.query('select pg_sleep(3600)').catch((error: unknown) => error);
    const restarted = postgres.process.nextReady();
    postgres.process.signal('SIGKILL');
    await restarted;
    expect(await query(postgres.adminUrl(), 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await cut).toBeDefined();
    await client.end().catch(() => undefined);
  });

  it("starts although postmaster.pid names somebody else's process that lives, under the same user", async () => {
    postgres = await start();
    await postgres.stop();
    const other = startChild(
      { command: requireProgram('sleep'), args: ['3600'], runAs: await databaseUser(dir()) },
      () => undefined,
    );
    try {
      await writeFile(
        join(dir(), 'data', 'postmaster.pid'),
        `${other.pid}\n${join(dir(), 'data')}\n`,
      );
      postgres = await start();
      expect(await query(postgres.adminUrl(), 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(other.hasEnded()).toBe(false);
    } finally {
      other.killTree();
      await other.exited;
    }
  });

  it('leaves no process when stopped, with a client connected', async () => {
    postgres = await start();
    const client = new Client({ connectionString: postgres.adminUrl() });
    client.on('error', () => undefined);
    await client.connect();
    const pids = treeOf(postgres);
    await postgres.stop();
    expect(isGone(pids)).toBe(true);
    expect(
      runningProcesses().filter(({ pid }) => workingFolder(pid)?.startsWith(scratch.path) === true),
    ).toEqual([]);
  });
});
