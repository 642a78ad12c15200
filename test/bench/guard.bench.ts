import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { jetstream } from '@nats-io/jetstream';
import { nodeArguments } from '#libs/settings/node-arguments.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import {
  type GuardGround,
  type Round,
  guardRound,
  startMeasure,
  median,
  peakMemoryMb,
  preload,
  provider,
  recordClients,
} from './guard-load.js';
import {
  type RelayAccount,
  openRelayAccount,
  relayDurable,
  relaySource,
  relayTarget,
} from './relay-account.js';
import type { RelayOrder } from './relay-process.js';

const messages = Number(process.env['BENCH_MESSAGES'] ?? 12_000);
const roundCount = Number(process.env['BENCH_ROUNDS'] ?? 9);
const clientCount = 400;
const mb = 1024 * 1024;

/**
 * The guard against a relay that decides nothing (nats-facts, "The baseline"): the same payloads, broker, store and cipher, rounds taken in
 * turn. Each works what lies ready in a stream; measured from the start of work until the recipient has taken and settled the last message.
 */
export async function guardBench(): Promise<object> {
  const mesh = await GuardMesh.start({
    maxBytes: 48 * mb,
    isDurable: true,
  });
  try {
    const batch = Number(process.env['BATCH_SIZE'] ?? 1_024);
    const guard = await mesh.guard(
      { BATCH_SIZE: String(batch) },
      (process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter(Boolean),
    );
    await mesh.applyDirectory();
    const account = await openRelayAccount(mesh.nats, 48 * mb);
    const clients = await recordClients(await mesh.party(provider), clientCount);
    const relay = startRelay(mesh, account);
    await once(relay, 'message');
    const ground = { mesh, clients };
    const speeds = { relay: [] as Round[], guard: [] as Round[] };
    // The first round of each warms up and is not counted.
    for (let round = 0; round <= roundCount; round += 1) {
      const order: RelayOrder = { count: messages };
      const relaySpeed = await relayRound(ground, account, relay.pid ?? 0, () =>
        workOf(relay, order),
      );
      const guardSpeed = await guardRound({ ...ground, guard, messages });
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

const told = (round: Round): string =>
  `${Math.round(round.speed)} messages a second, ${Math.round(round.cpuMicros)} µs of processor each and ${Math.round(round.serverMicros)} the servers`;

interface Rounds {
  readonly relay: readonly Round[];
  readonly guard: readonly Round[];
}

function report(
  rounds: Rounds,
  more: { readonly batch: number; readonly memoryMb: number },
): object {
  const speeds = {
    relay: rounds.relay.map(({ speed }) => speed),
    guard: rounds.guard.map(({ speed }) => speed),
  };
  const [relay, guard] = [median(speeds.relay), median(speeds.guard)];
  return {
    relay_msg_s: Math.round(relay),
    guard_msg_s: Math.round(guard),
    ratio: Number((guard / relay).toFixed(3)),
    relay_rounds: speeds.relay.map(Math.round),
    guard_rounds: speeds.guard.map(Math.round),
    relay_cpu_us: Math.round(median(rounds.relay.map((round) => round.cpuMicros))),
    guard_cpu_us: Math.round(median(rounds.guard.map((round) => round.cpuMicros))),
    relay_servers_cpu_us: Math.round(median(rounds.relay.map((round) => round.serverMicros))),
    guard_servers_cpu_us: Math.round(median(rounds.guard.map((round) => round.serverMicros))),
    messages_per_round: messages,
    clients: clientCount,
    batch_size: more.batch,
    guard_max_rss_mb: more.memoryMb,
    cores: availableParallelism(),
    node: process.version,
  };
}

/** Resolves when the relay has done it. @throws Error when it ends instead */
async function workOf(relay: ChildProcess, order: RelayOrder): Promise<void> {
  const ended = new AbortController();
  const gone = once(relay, 'exit', { signal: ended.signal }).then(() =>
    Promise.reject(new Error('the relay ended')),
  );
  relay.send(order);
  try {
    await Promise.race([once(relay, 'message', { signal: ended.signal }), gone]);
  } finally {
    ended.abort();
    gone.catch(() => undefined);
  }
}

/** With the same room for garbage as the guard. */
const startRelay = (mesh: GuardMesh, { password }: RelayAccount) =>
  fork(fileURLToPath(new URL('relay-process.js', import.meta.url)), {
    execArgv: [...nodeArguments('consent-guard')],
    env: {
      PATH: process.env['PATH'],
      NATS_URL: mesh.nats.broker.url,
      RELAY_PASSWORD: password,
    },
  });

async function relayRound(
  { mesh, clients }: Pick<GuardGround, 'mesh' | 'clients'>,
  { connection }: RelayAccount,
  pid: number,
  work: () => Promise<unknown>,
): Promise<Round> {
  const publisher = new RoadPublisher(connection);
  await preload(
    (id, text) => publisher.publish(Buffer.from(text), id, relaySource.subject),
    await mesh.party(provider),
    { clients, messages },
  );
  await publisher.stop();
  const measured = startMeasure({ messages, pid });
  const consumer = await jetstream(connection).consumers.get(relayTarget.stream, relayDurable);
  let settled = 0;
  const target = await consumer.consume({
    max_messages: 512,
    callback: (message) => {
      message.ack();
      settled += 1;
    },
  });
  const [round] = await Promise.all([measured(() => settled), work()]);
  await target.close();
  await connection.flush();
  return round;
}
