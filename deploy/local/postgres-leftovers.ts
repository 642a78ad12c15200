import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runningProcesses, signalProcess, workingFolder } from './process-tree.js';

/**
 * After a kill -9, backends may outlive their postmaster for a moment: they answer still, and hold its shared memory; and postmaster.pid may name
 * a process id that belongs to somebody else by now. Either would keep the server from starting. What still works in the data folder is ended,
 * then the file goes. Only for whoever may start the server there, and while no postmaster of theirs should run.
 */
export async function clearLeftovers(data: string): Promise<void> {
  const leftovers = () =>
    runningProcesses().filter(
      ({ name, pid }) => name === 'postgres' && workingFolder(pid) === data,
    );
  for (let left = leftovers(); left.length > 0; left = leftovers()) {
    for (const { pid } of left) signalProcess(pid, 'SIGKILL');
    await delay(10);
  }
  await rm(join(data, 'postmaster.pid'), { force: true });
}
