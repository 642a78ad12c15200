import { readFileSync } from 'node:fs';
import { type ProcessStat, runningProcesses, workingFolder } from '#deploy/local/process-tree.js';

/** Processes that work in the folder, or were told of it by argument or environment. */
export function processesOf(folder: string): readonly ProcessStat[] {
  return runningProcesses().filter(({ pid }) =>
    [workingFolder(pid), readProc(pid, 'cmdline'), readProc(pid, 'environ')].some((text) =>
      text?.includes(folder),
    ),
  );
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined; // it ended while we looked
  }
}
