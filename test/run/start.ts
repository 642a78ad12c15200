import { beginRun } from './begin-run.js';

/** Before the first test of the projects without servers. */
async function start(): Promise<void> {
  await beginRun();
}

// oxlint-disable-next-line import/no-default-export -- jest takes nothing else
export default start;
