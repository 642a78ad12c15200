import { readFileSync } from 'node:fs';
import { isRunning, processTree, signalProcess } from './process-tree.js';
import { lockState } from './state-lock.js';

/**
 * Asks every process of a running mesh that runs `main` to end; whoever supervises it starts it again, with the build of now.
 * @returns how many there were
 * @throws Error when no mesh runs on the folder, or none of its processes runs `main`
 */
export async function restartService(folder: string, main: string): Promise<number> {
  const held = await lockState(folder);
  if ('lock' in held) {
    await held.lock.release();
    throw new Error(`no mesh runs on ${folder}: npm start -- --no-journey, in another terminal`);
  }
  if (held.heldByPid === undefined) throw new Error(`the mesh on ${folder} does not answer`);
  const pids = processTree(held.heldByPid).filter((pid) => isRunning(pid) && runs(pid, main));
  if (pids.length === 0) throw new Error(`no process of the mesh on ${folder} runs ${main}`);
  for (const pid of pids) signalProcess(pid, 'SIGTERM');
  return pids.length;
}

function runs(pid: number, main: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(main);
  } catch {
    return false; // it ended while we looked
  }
}
