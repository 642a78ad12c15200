import { endRun } from './begin-run.js';

/** After the last test. Fails the run when a server was left running. */
async function stop(): Promise<void> {
  await endRun();
}

// oxlint-disable-next-line import/no-default-export -- jest takes nothing else
export default stop;
