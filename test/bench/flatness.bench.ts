import { availableParallelism } from 'node:os';
import { Client } from 'pg';
import { fillLedger } from '#test/support/fill-ledger.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import {
  type GuardGround,
  type Round,
  benchClient,
  guardRound,
  median,
  peakMemoryMb,
  provider,
  recordClients,
} from './guard-load.js';

const sizes = (process.env['BENCH_CONSENTS'] ?? '1000,1000000').split(',').map(Number);
const messages = Number(process.env['BENCH_MESSAGES'] ?? 8_000);
/** Room for what the clients of a round take: with PostgreSQL's own 128 MB each of them is fetched anew from the operating system. */
const sharedBuffers = process.env['BENCH_SHARED_BUFFERS'] ?? '2GB';
const roundCount = Number(process.env['BENCH_ROUNDS'] ?? 4);

/**
 * The guard with few and with many consents recorded, each in a mesh of its own, rounds taken in turn: the same messages, over clients drawn
 * evenly from all of them, each message of a round about another one where there are as many.
 */
export async function flatnessBench(): Promise<object> {
  const meshes: GuardMesh[] = [];
  try {
    const grounds: Ground[] = [];
    for (const size of sizes) {
      const mesh = await GuardMesh.start({
        maxBytes: 48 * 1024 * 1024,
        isDurable: true,
        sharedBuffers,
      });
      meshes.push(mesh);
      grounds.push(await prepare(mesh, size));
      console.error(`${size} consents are recorded: ${grounds.at(-1)?.loadSeconds} s`);
    }
    // The first round of each warms up and is not counted.
    for (let round = 0; round <= roundCount; round += 1)
      for (const ground of grounds) {
        const done = await guardRound(ground);
        console.error(
          `round ${round}: ${ground.size} consents, ${Math.round(done.speed)} messages a second, ${Math.round(done.cpuMicros)} µs`,
        );
        if (round > 0) ground.rounds.push(done);
      }
    return await report(grounds);
  } finally {
    for (const mesh of meshes) await mesh.stop();
  }
}

interface Ground extends GuardGround {
  readonly size: number;
  readonly loadSeconds: number;
  readonly rounds: Round[];
}

async function prepare(mesh: GuardMesh, size: number): Promise<Ground> {
  const guard = await mesh.guard();
  await mesh.applyDirectory();
  const [template] = await recordClients(await mesh.party(provider), 1);
  if (template === undefined) throw new Error('nobody is recorded');
  const from = performance.now();
  const clients = Array.from({ length: Math.min(size - 1, messages) }, (_, index) =>
    benchClient(index + 1),
  );
  await fillLedger({
    databaseUrl: mesh.databaseUrl,
    keysFile: mesh.keysFile,
    template: template.case,
    count: size - 1,
    known: clients,
  });
  const loadSeconds = Math.round((performance.now() - from) / 1_000);
  return { mesh, guard, clients, messages, size, loadSeconds, rounds: [] };
}

async function report(grounds: readonly Ground[]): Promise<object> {
  const speeds = grounds.map(({ rounds }) => median(rounds.map(({ speed }) => speed)));
  const databases = await Promise.all(grounds.map(({ mesh }) => ledgerSize(mesh.databaseUrl)));
  return {
    ratio: Number(((speeds.at(-1) ?? Number.NaN) / (speeds[0] ?? Number.NaN)).toFixed(3)),
    ...Object.fromEntries(
      grounds.map(({ size, rounds, guard, clients, loadSeconds }, index) => [
        `consents_${size}`,
        {
          ...databases[index],
          msg_s: Math.round(speeds[index] ?? Number.NaN),
          rounds: rounds.map(({ speed }) => Math.round(speed)),
          guard_cpu_us: Math.round(median(rounds.map(({ cpuMicros }) => cpuMicros))),
          guard_max_rss_mb: peakMemoryMb(guard.pid),
          clients_in_messages: clients.length,
          load_s: loadSeconds,
        },
      ]),
    ),
    messages_per_round: messages,
    shared_buffers: sharedBuffers,
    cores: availableParallelism(),
    node: process.version,
  };
}

async function ledgerSize(url: string): Promise<object> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ consents: string; lines: string; mb: string }>(
    `select (select count(*) from consent) as consents, (select count(*) from scope) as lines, pg_database_size(current_database()) / 1048576 as mb`,
  );
  await client.end();
  return {
    consents: Number(rows[0]?.consents),
    lines: Number(rows[0]?.lines),
    database_mb: Number(rows[0]?.mb),
  };
}
