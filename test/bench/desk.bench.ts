import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fastify, { type FastifyInstance } from 'fastify';
import { Client } from 'pg';
import { freePort } from '#deploy/local/free-port.js';
import { SystemClock } from '#libs/clock/system-clock.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { createLogger } from '#libs/logging/create-logger.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { MessageStore } from '#services/desk/adapters/message.store.js';
import { Sealer } from '#services/desk/adapters/sealer.js';
import { SessionStore } from '#services/desk/adapters/session.store.js';
import { readConfig } from '#services/desk/config.js';
import { type Desk, startDesk } from '#services/desk/start-desk.js';
import { scratchFolder } from '#test/support/scratch-folder.js';
import { startPostgres } from '#test/support/start-postgres.js';
import { quantile } from '#test/support/two-samples.js';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 300);
const openSteps = 500;
const events = 200;
const warmUp = 30;
const benchCase = `0190b9a0-0000-7000-8000-${'1'.padStart(12, '0')}`;
const agency = {
  id: 'bench',
  offices: [{ id: 'jcp_bench', kind: 'jobcentre', name: 'Bench' }],
  people: [{ id: 'p_bench', office: 'jcp_bench', job: 'adviser', name: 'Bea', deputy: 'p_bench' }],
};

interface Ground {
  readonly desk: Desk;
  readonly cookie: string;
  readonly bare: FastifyInstance;
  /** The page that the bare server gives. */
  setBare(html: string): void;
  readonly queries: () => number;
}

/** Today with 500 open steps and a case with 200 events, each beside a bare Fastify page of the same bytes, in turn, by one client. */
export async function deskBench(): Promise<object> {
  const [scratch, postgres] = await Promise.all([
    scratchFolder(),
    startPostgres({ isDurable: true }),
  ]);
  const gateway = spawn(process.execPath, [
    fileURLToPath(new URL('desk-gateway-process.js', import.meta.url)),
    String(openSteps),
    String(events),
  ]);
  try {
    await writeFile(join(scratch.path, 'agency.json'), JSON.stringify(agency));
    await writeFile(join(scratch.path, 'jcp_bench.token'), 'token');
    const databaseUrl = await postgres.createDatabase('desk_bench');
    const gatewayUrl = `http://127.0.0.1:${await portOf(gateway)}`;
    const ground = await start({ databaseUrl, gatewayUrl, folder: scratch.path });
    try {
      return {
        rounds,
        today_500_steps: await measure(ground, '/today'),
        case_200_events: await measure(ground, `/cases/${benchCase}`),
      };
    } finally {
      await ground.desk.stop();
      await ground.bare.close();
    }
  } finally {
    gateway.kill();
    await postgres.stop();
    await scratch.remove();
  }
}

async function portOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

async function start(at: {
  readonly databaseUrl: string;
  readonly gatewayUrl: string;
  readonly folder: string;
}): Promise<Ground> {
  const key = randomBytes(32).toString('base64');
  const port = await freePort();
  const config = readConfig({
    MESH_ENV: 'local',
    LOG_LEVEL: 'silent',
    HTTP_PORT: String(port),
    DESK_URL: `http://127.0.0.1:${port}`,
    DESK_FOLDER: at.folder,
    DESK_KEY: key,
    DATABASE_URL: at.databaseUrl,
    GATEWAY_URL: at.gatewayUrl,
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'bench',
    OIDC_CLIENT_SECRET: 'bench',
  });
  const queries = countQueries();
  const desk = await startDesk(config, createLogger({ service: 'desk', level: 'silent' }));
  const cookie = await prepare(at.databaseUrl, key);
  let html = '';
  const bare = fastify();
  bare.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(html));
  await bare.listen({ port: 0, host: '127.0.0.1' });
  return { desk, cookie, bare, setBare: (page) => void (html = page), queries };
}

/** A session, and the case's forms kept and sealed. @returns the cookie */
async function prepare(databaseUrl: string, key: string): Promise<string> {
  const pool = connectDatabase({ url: databaseUrl, applicationName: 'bench' });
  const sealer = new Sealer(key);
  const none = { isKeeper: () => false, isHandedOver: () => false };
  const messages = new MessageStore(pool, sealer, none);
  const now = new SystemClock().now().toISOString();
  for (let n = 1; n <= events; n += 1)
    await messages.receive('jcp_bench', {
      specversion: '1.0',
      id: `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`,
      source: '/parties/trt_bench',
      type: typeOf('appointment.booked'),
      time: now,
      case: benchCase,
      to: 'jcp_bench',
      data: { startsAt: now, place: '2 Example Street' },
    });
  const times = { idleMinutes: 60, hours: 12, checkSeconds: 3_600 };
  const sessions = new SessionStore(pool, sealer, times);
  const value = await sessions.signedIn('p_bench', 'jcp_bench', 'token');
  // The provider is not asked for the person while it is measured.
  await pool.query(`update session set checked_at = now() + interval '1 hour'`);
  await pool.end();
  return `desk_bench=${value}`;
}

/** Counts what this process asks of PostgreSQL. */
function countQueries(): () => number {
  let count = 0;
  const { prototype } = Client as unknown as {
    prototype: { query: (...args: unknown[]) => unknown };
  };
  const { query } = prototype;
  prototype.query = function counted(this: unknown, ...args: unknown[]) {
    count += 1;
    return query.apply(this, args);
  };
  return () => count;
}

async function measure(ground: Ground, path: string): Promise<object> {
  const page = `http://127.0.0.1:${ground.desk.port}${path}`;
  const { port } = ground.bare.server.address() as { readonly port: number };
  const first = await get(page, ground.cookie);
  if (!first.html.includes('Bea'))
    throw new Error(`${path} is not the page: ${first.html.slice(0, 200)}`);
  ground.setBare(first.html);
  const times: { readonly page: number[]; readonly bare: number[] } = { page: [], bare: [] };
  let queries = 0;
  for (let round = -warmUp; round < rounds; round += 1) {
    const before = ground.queries();
    const own = await get(page, ground.cookie);
    const asked = ground.queries() - before;
    const bare = await get(`http://127.0.0.1:${port}/`, '');
    if (round < 0) continue;
    queries += asked;
    times.page.push(own.ms);
    times.bare.push(bare.ms);
  }
  const [ours, bare] = [quantiles(times.page), quantiles(times.bare)];
  return {
    bytes: Buffer.byteLength(first.html),
    // The desk's own upkeep is among them: a few in five seconds.
    queries_a_page: Number((queries / rounds).toFixed(1)),
    page_ms: ours,
    bare_ms: bare,
    p99_ratio: Number((ours.p99 / bare.p99).toFixed(1)),
  };
}

async function get(
  url: string,
  cookie: string,
): Promise<{ readonly ms: number; readonly html: string }> {
  const began = performance.now();
  const response = await fetch(url, { headers: { cookie }, redirect: 'manual' });
  const html = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return { ms: performance.now() - began, html };
}

function quantiles(times: readonly number[]): { readonly p50: number; readonly p99: number } {
  const at = (q: number): number => Number(quantile(times, q).toFixed(2));
  return { p50: at(0.5), p99: at(0.99) };
}
