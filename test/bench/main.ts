import { decideBench } from './decide.bench.js';
import { existenceBench } from './existence.bench.js';
import { guardBench } from './guard.bench.js';
import { guardLatencyBench } from './guard-latency.bench.js';
import { withdrawBench } from './withdraw.bench.js';

const benches: Readonly<Record<string, () => Promise<object>>> = {
  decide: decideBench,
  existence: existenceBench,
  guard: guardBench,
  'guard-latency': guardLatencyBench,
  withdraw: withdrawBench,
};

const [name = ''] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  console.error(`npm run bench -- ${Object.keys(benches).join(' | ')}`);
  process.exitCode = 2;
} else {
  console.log(JSON.stringify({ bench: name, ...(await bench()) }));
}
