import { parseArgs } from 'node:util';
import { isClean, renderSummary, simulate } from './simulate.js';

/** `npm run simulate -- --referrals 10000 --seed 7`: exits 1 where a client is lost, a mail keeps nobody's hours, or a step chases for nothing. */
const { values } = parseArgs({
  options: {
    referrals: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const referrals = Number(values.referrals);
const seed = Number(values.seed);
if (!Number.isInteger(referrals) || referrals < 1 || !Number.isInteger(seed)) {
  process.stderr.write('--referrals and --seed must be whole numbers, referrals at least 1\n');
  process.exit(2);
}
const summary = simulate({
  referrals,
  seed,
  onProgress: (done) => process.stderr.write(`\r${done} of ${referrals}`),
});
process.stderr.write('\r');
process.stdout.write(`${renderSummary(summary)}\n`);
if (!isClean(summary)) process.exitCode = 1;
