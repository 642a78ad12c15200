import { readFileSync } from 'node:fs';
import { runningProcesses } from './process-tree.js';

/**
 * Process id of the nats-server that runs on this configuration; undefined if none does. Looked up each time: the supervisor
 * starts a broker that ended again, under another id, and the old one may be anybody's by now, whom a SIGHUP would end.
 */
export function findBroker(configFile: string): number | undefined {
  return runningProcesses().find(
    ({ name, pid }) => name === 'nats-server' && argumentsOf(pid).includes(configFile),
  )?.pid;
}

/** Empty if it ended while we looked. */
function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
