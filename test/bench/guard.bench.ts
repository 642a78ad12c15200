import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { deliveryStream, ingressStream } from '#libs/contracts/subjects.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';
import {
  type BenchClient,
  composeTpr2,
  cpuMicros,
  median,
  office,
  peakMemoryMb,
  provider,
  recordClients,
  verifyDeliveries,
} from './guard-load.js';
import type { RelayOrder } from './relay-process.js';

const messages = Number(process.env['BENCH_MESSAGES'] ?? 12_000);
const roundCount = Number(process.env['BENCH_ROUNDS'] ?? 5);
const clientCount = 400;
/** Not in the guard's directory: their ingress is the relay's to work. */
const relaySource = 'relay_source';
const relayTarget = 'relay_target';
const mb = 1024 * 1024;

interface Ground {
  readonly mesh: GuardMesh;
  readonly manager: JetStreamManager;
  readonly clients: readonly BenchClient[];
}

/**
 * The guard against a relay that decides nothing (nats-facts, "The baseline"): the same payloads, broker, store and cipher, rounds taken in
 * turn. Each works what lies ready in a party's ingress; measured from the start of work until the last delivery is in the recipient's stream.
 */
export async function guardBench(): Promise<object> {
  const mesh = await GuardMesh.start({ unlisted: [relaySource, relayTarget], maxBytes: 48 * mb, isDurable: true });
  try {
    const batch = Number(process.env['BATCH_SIZE'] ?? 256);
    const guard = await mesh.guard({ BATCH_SIZE: String(batch) }, (process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter(Boolean));
    await mesh.applyDirectory();
    const manager = await jetstreamManager(await mesh.nats.connect('provisioner'));
    const clients = await recordClients(await mesh.party(provider), clientCount);
    const relay = startRelay(mesh);
    await once(relay, 'message');
    const ground = { mesh, manager, clients };
    const speeds = { relay: [] as Round[], guard: [] as Round[] };
    // The first round of each warms up and is not counted.
    for (let round = 0; round <= roundCount; round += 1) {
      const order: RelayOrder = { from: relaySource, to: relayTarget, count: messages };
      const relaySpeed = await relayRound(ground, relay.pid ?? 0, () => (relay.send(order), once(relay, 'message')));
      const guardSpeed = await guardRound(ground, guard);
      console.error(`round ${round}: relay ${told(relaySpeed)}, guard ${told(guardSpeed)}`);
      if (round > 0) speeds.relay.push(relaySpeed);
      if (round > 0) speeds.guard.push(guardSpeed);
    }
    relay.disconnect();
    return report(speeds, { batch, memoryMb: peakMemoryMb(guard.pid) });
  } finally {
    await mesh.stop();
  }
}

const told = (round: Round): string => `${Math.round(round.speed)} messages a second, ${Math.round(round.cpuMicros)} µs of processor each`;

interface Rounds {
  readonly relay: readonly Round[];
  readonly guard: readonly Round[];
}

function report(rounds: Rounds, more: { readonly batch: number; readonly memoryMb: number }): object {
  const speeds = { relay: rounds.relay.map(({ speed }) => speed), guard: rounds.guard.map(({ speed }) => speed) };
  const [relay, guard] = [median(speeds.relay), median(speeds.guard)];
  return {
    relay_msg_s: Math.round(relay),
    guard_msg_s: Math.round(guard),
    ratio: Number((guard / relay).toFixed(3)),
    relay_rounds: speeds.relay.map(Math.round),
    guard_rounds: speeds.guard.map(Math.round),
    relay_cpu_us: Math.round(median(rounds.relay.map((round) => round.cpuMicros))),
    guard_cpu_us: Math.round(median(rounds.guard.map((round) => round.cpuMicros))),
    messages_per_round: messages,
    clients: clientCount,
    batch_size: more.batch,
    guard_max_rss_mb: more.memoryMb,
    cores: availableParallelism(),
    node: process.version,
  };
}

const startRelay = (mesh: GuardMesh) =>
  fork(fileURLToPath(new URL('relay-process.js', import.meta.url)), {
    env: { PATH: process.env['PATH'], NATS_URL: mesh.nats.broker.url, NATS_SEED_FILE: mesh.nats.seedFile('guard') },
  });

async function relayRound({ mesh, manager, clients }: Ground, pid: number, work: () => Promise<unknown>): Promise<Round> {
  const ids = await preload(await mesh.party(relaySource), await mesh.party(provider), clients);
  const measured = measure(manager, relayTarget, pid);
  const done = work();
  const speed = await measured;
  await done;
  const target = (await mesh.party(relayTarget)).collect();
  await until('the relayed are taken', () => target.received.length >= ids.length, 30_000);
  await target.rest();
  target.received.splice(0);
  return speed;
}

/** The guard is stopped while its work is laid ready: short enough that its leases and connections stand. */
async function guardRound({ mesh, manager, clients }: Ground, guard: ServiceProcess): Promise<Round> {
  const sender = await mesh.party(provider);
  guard.signal('SIGSTOP');
  const ids = await preload(sender, sender, clients);
  const measured = measure(manager, office, guard.pid);
  guard.signal('SIGCONT');
  const speed = await measured;
  await until('the guard is done', async () => (await manager.streams.info(ingressStream(provider))).state.messages === 0);
  const recipient = (await mesh.party(office)).collect();
  await verifyDeliveries(recipient, ids);
  await recipient.rest();
  return speed;
}

/** Lays a round's messages ready in `through`'s ingress. @returns their ids. */
async function preload(through: MeshParty, author: MeshParty, clients: readonly BenchClient[]): Promise<string[]> {
  const composed = Array.from({ length: messages }, (_, index) => composeTpr2(author, clients, index));
  await Promise.all(composed.map(({ id, text }) => through.put(id, text)));
  return composed.map(({ id }) => id);
}

interface Round {
  /** Messages a second. */
  readonly speed: number;
  /** Processor time of the process measured (not of the servers), in µs a message: comparable where the machine is busy with other work. */
  readonly cpuMicros: number;
}

/** From now until so many more are in the party's delivery stream. */
async function measure(manager: JetStreamManager, recipient: string, pid: number): Promise<Round> {
  const stream = deliveryStream(recipient);
  const cpuBefore = cpuMicros(pid);
  const startedAt = performance.now();
  const target = (await manager.streams.info(stream)).state.last_seq + messages;
  while ((await manager.streams.info(stream)).state.last_seq < target) {
    if (performance.now() - startedAt > 60_000) throw new Error(`not all messages reached ${recipient} within a minute`);
    await delay(5);
  }
  const speed = messages / ((performance.now() - startedAt) / 1_000);
  return { speed, cpuMicros: (cpuMicros(pid) - cpuBefore) / messages };
}
