import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What `/proc/<pid>/stat` says of one process (proc(5)); state `Z` is dead and not yet collected by its parent. */
export interface ProcessStat {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parentPid: number;
}

/** Reads one line of `/proc/<pid>/stat`. The name stands in brackets and may itself hold brackets and spaces. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const match = /^(\d+) \((.*)\) (\S) (\d+) /s.exec(line);
  if (match === null) return undefined;
  return {
    pid: Number(match[1]),
    name: match[2] ?? '',
    state: match[3] ?? '',
    parentPid: Number(match[4]),
  };
}

/** Every living process; empty where there is no /proc. */
export function runningProcesses(): readonly ProcessStat[] {
  return processIds().flatMap((pid) => runningProcess(pid) ?? []);
}

/** Whether it lives still; one that waits for its parent to collect it does not. False where there is no /proc. */
export function isRunning(pid: number): boolean {
  return runningProcess(pid) !== undefined;
}

function runningProcess(pid: number): ProcessStat | undefined {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat?.state === 'Z' ? undefined : stat;
  } catch {
    return undefined; // it ended while we looked
  }
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The process and all that descend from it, parents first. */
export function processTree(
  root: number,
  processes: readonly ProcessStat[] = runningProcesses(),
): readonly number[] {
  const tree = [root];
  for (const parent of tree) {
    tree.push(
      ...processes
        .filter(({ parentPid, pid }) => parentPid === parent && !tree.includes(pid))
        .map(({ pid }) => pid),
    );
  }
  return tree;
}

/** The folder a process works in, or undefined if it has ended or is not ours to look at. */
export function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Sends a signal; a process that has ended meanwhile is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
