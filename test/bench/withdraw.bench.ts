import { availableParallelism } from 'node:os';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';
import { raceWithdrawals } from '#test/support/withdrawal-race.js';

const trials = Number(process.env['BENCH_TRIALS'] ?? 10_000);
const stops = { shortMs: 500, longMs: 7_500, longEvery: 10, pauseMs: 1_500 };

/**
 * The race of `test/faults/withdrawal-race`, larger, with fsync as deployed: first with two guards that both run, then with one of them
 * stopped and continued at random; and how long a guard that is killed or stopped is missed.
 */
export async function withdrawBench(): Promise<object> {
  const calm = await raceWithdrawals({
    trials: Math.ceil(trials / 20),
    clientsAtOnce: 10,
    isDurable: true,
  });
  console.error(`both running: ${calm.trials} trials, ${calm.violations.length} violations`);
  const raced = await raceWithdrawals({ trials, clientsAtOnce: 100, stops, isDurable: true });
  return {
    trials: calm.trials + raced.trials,
    withdrawals: calm.withdrawals + raced.withdrawals,
    violations: calm.violations.length + raced.violations.length,
    lost: calm.lost.length + raced.lost.length,
    unseen: calm.unseen + raced.unseen,
    stopped: calm.stopped + raced.stopped,
    collected: calm.collected + raced.collected,
    stops: raced.stops,
    stops_taken_over: raced.longStops,
    bound_ms: percentiles([...calm.lastDeliveryMs, ...raced.lastDeliveryMs], [0.5, 0.999, 1]),
    confirmation_ms: percentiles(calm.confirmationMs, [0.5, 0.99, 1]),
    confirmation_ms_stopped: percentiles(raced.confirmationMs, [0.5, 0.99, 1]),
    ...(await takeOver()),
    cores: availableParallelism(),
    node: process.version,
  };
}

/** By the nearest rank (`p50`, `p99.9`, `max`), in ms. */
function percentiles(values: readonly number[], ranks: readonly number[]): Record<string, number> {
  const sorted = [...values].sort((one, other) => one - other);
  return Object.fromEntries(
    ranks.map((rank) => [
      rank === 1 ? 'max' : `p${Number((rank * 100).toFixed(1))}`,
      Number((sorted[Math.max(0, Math.ceil(rank * sorted.length) - 1)] ?? Number.NaN).toFixed(1)),
    ]),
  );
}

/** From the signal until the other guard holds every party, in ms. */
async function takeOver(): Promise<object> {
  const mesh = await GuardMesh.start();
  try {
    const [stays, goes] = [await mesh.guard(), await mesh.guard()];
    await mesh.applyDirectory();
    const shared = (): Promise<unknown> =>
      until('both have some', async () => (await held(stays)) < parties && (await held(goes)) > 0);
    await shared();
    goes.signal('SIGSTOP');
    const stoppedMs = await untilAll(stays);
    goes.signal('SIGCONT');
    await shared();
    await goes.end('SIGKILL');
    return { takeover_ms_stopped: stoppedMs, takeover_ms_killed: await untilAll(stays) };
  } finally {
    await mesh.stop();
  }
}

/** Seven of agencies and four of the mesh's own. */
const parties = 11;

async function untilAll(guard: ServiceProcess): Promise<number> {
  const from = performance.now();
  await until('it has them all', async () => (await held(guard)) === parties);
  return Math.round(performance.now() - from);
}

async function held(guard: ServiceProcess): Promise<number> {
  const text = await (await fetch(`${guard.url}/metrics`)).text();
  return Number(/^throughcare_guard_parties_held (\d+)$/m.exec(text)?.[1]);
}
