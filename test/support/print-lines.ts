import { proveLines, readProofs, renderLine, strayIds, unproved } from './proved-lines.js';

/** `npm run lines`: each line of the joint-working protocol with the test that proves it; exits 1 where one has none. */
const proofs = await readProofs();
const lines = proveLines(proofs);
const missing = unproved(lines).map(({ id }) => id);
const stray = strayIds(proofs);
const proved = lines.filter((line) => line.proofs.length > 0).length;
const summary = `${lines.length} lines, ${proved} proved, ${missing.length} without a test`;
process.stdout.write(
  `${[
    ...lines.map(renderLine),
    summary,
    ...(missing.length > 0 ? [`without a test: ${missing.join(', ')}`] : []),
    ...(stray.length > 0 ? [`not a line of the protocol: ${stray.join(', ')}`] : []),
  ].join('\n')}\n`,
);
if (missing.length > 0 || stray.length > 0) process.exitCode = 1;
