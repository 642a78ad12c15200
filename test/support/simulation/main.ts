import { parseArgs } from 'node:util';
import { isClean, lookInto, renderSummary, simulate } from './simulate.js';

/**
 * `npm run simulate -- --referrals 10000 --seed 7`: exits 1 where a client is lost, a mail goes out outside office hours, or a step chases
 * for nothing. `--client <number in brackets>`: that client's year alone, message by message.
 */
const { values } = parseArgs({
  options: {
    referrals: { type: 'string', default: '10000' },
    client: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
if (values.client !== undefined) {
  const { told, ...year } = lookInto(Number(values.client));
  process.stdout.write(`${told.join('\n')}\n${JSON.stringify(year, null, 1)}\n`);
  process.exit(0);
}
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
