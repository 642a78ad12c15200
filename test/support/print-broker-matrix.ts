import { openBrokerGround } from './broker-ground.js';
import { isBreach, isMissing, printMatrix } from './broker-matrix.js';

/** `npm run matrix`: starts a broker of its own, tries every cell, prints the matrix; exits 1 where anything passes that is not declared. */
const ground = await openBrokerGround();
try {
  const undeclared = await ground.tryUndeclared();
  const strangers = await ground.tryStrangers();
  const tried = [...undeclared.tried, ...(await ground.tryDeclared())];
  const controls = await ground.controls();
  const faults = [
    ...tried
      .filter(isBreach)
      .map(
        ({ user, cell, answer }) =>
          `BREACH: ${user} may ${cell.way} ${cell.subject} ${answer ?? ''}`,
      ),
    ...tried
      .filter(isMissing)
      .map(({ user, cell }) => `MISSING: ${user} may not ${cell.way} ${cell.subject}`),
    ...undeclared.changed.map((change) => `CHANGED: ${change}`),
    ...strangers.map((user) => `BREACH: ${user} is let in`),
    ...controls
      .filter(({ works }) => !works)
      .map(({ who, what }) => `NOT SHOWN TO WORK: ${who} ${what}`),
  ];
  const working = controls.filter(({ works }) => works).length;
  const summary = `${tried.length} cells tried, ${faults.length} faults; ${working} of ${controls.length} rights shown to work; no credential and a wrong key: ${strangers.length === 0 ? 'refused' : 'LET IN'}`;
  process.stdout.write(`${[printMatrix(tried, ground.users), summary, ...faults].join('\n')}\n`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await ground.stop();
}
