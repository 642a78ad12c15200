import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireProgram } from './require-program.js';
import { SupervisedProcess } from './supervised-process.js';
import { tcpExchange } from './tcp-exchange.js';

export interface RedisOptions {
  /** Where it keeps its configuration and its append-only file; made if absent. */
  readonly dir: string;
  readonly port: number;
  readonly logFile?: string;
}

export interface LocalRedis {
  /** With the password, which is new at every start. */
  readonly url: string;
  readonly port: number;
  readonly process: SupervisedProcess;
  /** Kills it, deletes what it had written, and waits until it is back: a lost Redis. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

const APPEND_FOLDER = 'appendonlydir';

/**
 * A delayed job outlives kill -9 (append-only; without it, 0 of 500 did) and is never evicted. The password stands in the file, mode 0600, and not
 * among the arguments, which every user of the machine can read.
 */
export function redisConfiguration(options: RedisOptions, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${options.port}`,
    `dir ${JSON.stringify(options.dir)}`,
    `requirepass ${password}`,
    'daemonize no',
    'save ""',
    'appendonly yes',
    'appendfsync everysec',
    `appenddirname ${APPEND_FOLDER}`,
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

/** Starts a private Redis and resolves once it has loaded its data and answers. */
export async function startRedis(options: RedisOptions): Promise<LocalRedis> {
  const password = randomBytes(24).toString('hex');
  const configFile = join(options.dir, 'redis.conf');
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  await rm(configFile, { force: true }); // an older file would keep its own mode
  await writeFile(configFile, redisConfiguration(options, password), { mode: 0o600 });

  const server = new SupervisedProcess({
    name: 'redis-server',
    command: requireProgram('redis-server'),
    args: [configFile],
    cwd: options.dir,
    ready: () => tcpExchange(options.port, `AUTH ${password}\r\nPING\r\n`, /^\+OK\r\n\+PONG/),
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
  });
  await server.start();
  return {
    url: `redis://:${password}@127.0.0.1:${options.port}`,
    port: options.port,
    process: server,
    empty: () =>
      server.killAndRestart(() =>
        rm(join(options.dir, APPEND_FOLDER), { recursive: true, force: true }),
      ),
    stop: () => server.stop(),
  };
}
