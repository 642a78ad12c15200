import {
  comparePairs,
  smallestDelayFound,
  standings,
  tryStandings,
} from '#test/support/existence-trials.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { quantile } from '#test/support/two-samples.js';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 1_000);
const alpha = 1e-4;

/** Can a sender tell by the time of a refusal what a client is to the mesh? Two-sample Kolmogorov-Smirnov, every pair, Bonferroni. */
export async function existenceBench(): Promise<object> {
  const mesh = await GuardMesh.start({ isDurable: true });
  try {
    await mesh.guard();
    await mesh.applyDirectory();
    const trials = await tryStandings(mesh, rounds);
    const pairs = comparePairs(trials, alpha);
    const ms = (value: number): number => Number(value.toFixed(2));
    const timesMs = standings.map((standing) => {
      const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => ms(quantile(trials.times[standing], q)));
      return [standing, { p50, p90, p99 }];
    });
    return {
      told_apart: pairs
        .filter(({ d, critical }) => d > critical)
        .map(({ one, other }) => `${one} / ${other}`),
      different_answers:
        new Set(standings.flatMap((standing) => [...trials.answers[standing]])).size - 1,
      largest_d: Number(Math.max(...pairs.map(({ d }) => d)).toFixed(4)),
      critical_d: Number((pairs[0]?.critical ?? 0).toFixed(4)),
      smallest_delay_found_ms: smallestDelayFound(trials, alpha),
      rounds,
      alpha,
      times_ms: Object.fromEntries(timesMs),
    };
  } finally {
    await mesh.stop();
  }
}
