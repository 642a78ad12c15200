import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';
import {
  type BenchClient,
  composeTpr2,
  cpuMicros,
  office,
  provider,
  recordClients,
} from './guard-load.js';
import { LightRecipient } from './light-recipient.js';

/** Messages a second, tried in turn until one is held. */
const rates = (process.env['BENCH_RATE'] ?? '2000,1500,1000,500').split(',').map(Number);
const seconds = 6;
const warmUpSeconds = 3;
const tickMs = 1;
/** A rate is given up when as many messages are on their way as come in so long, and held when at its end no more are than come in so long. */
const behindMs = { atWorst: 1_000, atEnd: 250 };
/** For the guard's code to be compiled, and PostgreSQL's statements to be planned; not reported. */
const startRate = 500;

interface Ground {
  readonly sender: MeshParty;
  readonly publisher: RoadPublisher;
  readonly recipient: LightRecipient;
  readonly clients: readonly BenchClient[];
  readonly guardPid: number;
}

/**
 * From the moment a message is due to be published until the recipient has it in hand, at a steady rate: across accounts, decisions
 * committed with fsync, minimised. Sender and recipient are this one process, so that one clock measures; while it measures it does as
 * little as it can: messages are composed and hashed before, deliveries are counted and told done, no more.
 */
export async function guardLatencyBench(): Promise<object> {
  const mesh = await GuardMesh.start({ maxBytes: 48 * 1024 * 1024, isDurable: true });
  try {
    const guard = await mesh.guard();
    await mesh.applyDirectory();
    const sender = await mesh.party(provider);
    const clients = await recordClients(sender, 400);
    const publisher = new RoadPublisher(sender.connection, { maxInFlight: 4_096 });
    const ground = {
      sender,
      publisher,
      recipient: new LightRecipient(await mesh.party(office)),
      clients,
      guardPid: guard.pid,
    };
    await tryRate(ground, startRate);
    const tried: Tried[] = [];
    for (const rate of rates) {
      tried.push(await tryRate(ground, rate));
      console.error(JSON.stringify(tried.at(-1)));
      if (tried.at(-1)?.held === true) break;
    }
    await publisher.stop();
    await ground.recipient.stop();
    return {
      ...tried.at(-1),
      not_held_msg_s: tried.flatMap(({ held, msg_s }) => (held ? [] : [msg_s])),
      seconds,
      cores: availableParallelism(),
      node: process.version,
    };
  } finally {
    await mesh.stop();
  }
}

interface Tried {
  readonly msg_s: number;
  /** Else the times are those of a queue that grows, or absent. */
  readonly held: boolean;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly max_ms: number;
  readonly messages: number;
  /** How much of a core each had on average. */
  readonly cores_used: { readonly guard: number; readonly bench: number };
}

async function tryRate(ground: Ground, rate: number): Promise<Tried> {
  const { sender, publisher, recipient, clients, guardPid } = ground;
  const messages = Array.from({ length: rate * (seconds + warmUpSeconds) }, (_, index) =>
    compose(sender, clients, index),
  );
  const places = new Map(messages.map(({ id }, place) => [id, place]));
  const delays: number[] = [];
  const cpuBefore = [guardPid, process.pid].map(cpuMicros);
  const startedAt = performance.now();
  recipient.onId = (id) => {
    const place = places.get(id);
    if (place !== undefined && places.delete(id))
      delays.push(performance.now() - startedAt - (place * 1_000) / rate);
  };
  const publishing: Promise<unknown>[] = [];
  const queuedMs = (): number => ((publishing.length - delays.length) * 1_000) / rate;
  while (publishing.length < messages.length && queuedMs() < behindMs.atWorst) {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * rate);
    for (const { body, dedupe } of messages.slice(publishing.length, due))
      publishing.push(publisher.publish(body, dedupe));
    await delay(tickMs);
  }
  const isHeld = publishing.length === messages.length && queuedMs() < behindMs.atEnd;
  const elapsedMs = performance.now() - startedAt;
  const used = [guardPid, process.pid].map((pid, index) =>
    Number(((cpuMicros(pid) - (cpuBefore[index] ?? 0)) / 1_000 / elapsedMs).toFixed(2)),
  );
  await Promise.all(publishing);
  await until('what was sent is delivered', () => delays.length === publishing.length, 60_000);
  return {
    msg_s: rate,
    held: isHeld,
    ...percentiles(delays.slice(rate * warmUpSeconds)),
    cores_used: { guard: used[0] ?? 0, bench: used[1] ?? 0 },
  };
}

function compose(
  sender: MeshParty,
  clients: readonly BenchClient[],
  index: number,
): { id: string; body: Buffer; dedupe: string } {
  const { id, text } = composeTpr2(sender, clients, index);
  return {
    id,
    body: Buffer.from(text),
    dedupe: `${id}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
  };
}

function percentiles(
  delays: readonly number[],
): Pick<Tried, 'p50_ms' | 'p99_ms' | 'p999_ms' | 'max_ms' | 'messages'> {
  const sorted = delays.toSorted((one, other) => one - other);
  const at = (share: number): number =>
    Number((sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN).toFixed(1));
  return {
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    p999_ms: at(0.999),
    max_ms: at(1),
    messages: sorted.length,
  };
}
