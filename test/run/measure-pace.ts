import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Starts Node and hashes 64 MiB: processes and arithmetic, as the tests need them. */
const work = `const { createHash } = require('node:crypto');
const block = Buffer.alloc(2 ** 20);
const hash = createHash('sha256');
for (let n = 0; n < 64; n += 1) hash.update(block);
hash.digest();`;

const rounds = 3;
/** What the rounds took on two idle cores: see test/README.md, "Deadlines". */
const idleMs = 600;

/** How many times longer than two idle cores this machine takes for a fixed piece of work, two pieces at a time. Never below 1. */
export async function measurePace(): Promise<number> {
  const piece = (): Promise<unknown> => run(process.execPath, ['-e', work]);
  const began = performance.now();
  for (let round = 0; round < rounds; round += 1) await Promise.all([piece(), piece()]);
  return Math.max(1, (performance.now() - began) / idleMs);
}
