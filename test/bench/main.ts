import { decideBench } from './decide.bench.js';
import { deskBench } from './desk.bench.js';
import { existenceBench } from './existence.bench.js';
import { flatnessBench } from './flatness.bench.js';
import { guardBench } from './guard.bench.js';
import { guardLatencyBench } from './guard-latency.bench.js';
import { withdrawBench } from './withdraw.bench.js';

interface Bench {
  readonly run: () => Promise<object>;
  readonly about: string;
}

const benches: Readonly<Record<string, Bench>> = {
  decide: {
    run: decideBench,
    about:
      'the pure decision at 1, 10, 100 consents a client, beside Cedar; 30 s. BENCH_CALLS, BENCH_CASES',
  },
  desk: {
    run: deskBench,
    about:
      'Today with 500 open steps, a case with 200 events, each beside a bare page; 15 s. BENCH_ROUNDS',
  },
  existence: {
    run: existenceBench,
    about: 'can a sender tell by the time of a refusal whether a client is known? BENCH_ROUNDS',
  },
  flatness: {
    run: flatnessBench,
    about:
      'the guard with 1,000 and 1,000,000 consents recorded; 4 min, 8 GB of disk. BENCH_CONSENTS, BENCH_MESSAGES, BENCH_ROUNDS, BENCH_SHARED_BUFFERS',
  },
  guard: {
    run: guardBench,
    about:
      'the guard against a bare relay. BENCH_MESSAGES, BENCH_ROUNDS, BATCH_SIZE, BENCH_NODE_ARGS',
  },
  'guard-latency': {
    run: guardLatencyBench,
    about:
      'from sender to recipient at 2,000 messages a second, or the highest rate of BENCH_RATE (2000,1500,1000,500) that is held',
  },
  withdraw: {
    run: withdrawBench,
    about: 'what may still be delivered after a withdrawal is confirmed. BENCH_TRIALS, BENCH_STOPS',
  },
};

const [name = ''] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  console.error(
    'npm run bench -- <name>: one JSON line on standard output. With variables of the environment:',
  );
  for (const [each, { about }] of Object.entries(benches))
    console.error(`  ${each.padEnd(14)} ${about}`);
  process.exitCode = 2;
} else {
  console.log(JSON.stringify({ bench: name, ...(await bench.run()) }));
}
