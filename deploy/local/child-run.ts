import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from './find-program.mjs';
import { launchCommand, type RunAs } from './launch-command.js';
import { isRunning, processTree, signalProcess } from './process-tree.js';

export interface ChildSpec {
  /** Absolute path of the program. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to PATH and LANG, which are all that a child inherits: the parent's own settings and secrets are not passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly runAs?: RunAs | undefined;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run of a program, from spawn to exit. */
export interface ChildRun {
  readonly pid: number;
  /** Resolves when it has ended, all it printed was read, and what `killTree` killed is gone with it; never rejects. */
  readonly exited: Promise<ChildExit>;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** kill -9 of the process and all its descendants. */
  killTree(): void;
}

/** How long output may still come after the exit, from a grandchild that holds the pipe, say. */
const LAST_OUTPUT_MS = 300;
/** How long a killed descendant may take to go: a parent's end says nothing of its children's. */
const LAST_DESCENDANT_MS = 5_000;
const LOOK_EVERY_MS = 5;

function readLines(output: Readable, onLine: (line: string) => void): void {
  createInterface({ input: output, crlfDelay: Infinity }).on('line', onLine);
}

/** Resolves when none of them lives, or after `withinMs`: the kernel may hold one that waits for a disk. */
async function gone(pids: ReadonlySet<number>, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs;
  while ([...pids].some(isRunning) && performance.now() < end) await delay(LOOK_EVERY_MS);
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C in a terminal reaches its parent only, which decides the order of stopping.
 * The kernel kills it should the parent die (see `launchCommand`). Throws if it cannot be started at all.
 */
export function startChild(spec: ChildSpec, onLine: (line: string) => void): ChildRun {
  const { command, args } = launchCommand(
    { command: spec.command, args: spec.args ?? [] },
    findProgram('setpriv'),
    spec.runAs,
  );
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...spec.env },
    cwd: spec.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);
  child.on('error', (error) => onLine(`${command}: ${error.message}`));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);

  let ended = false;
  const killed = new Set<number>();
  const finished = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true;
      const late = setTimeout(() => resolve({ code, signal }), LAST_OUTPUT_MS);
      child.once('close', () => {
        clearTimeout(late);
        resolve({ code, signal });
      });
    });
  });
  const exited = finished.then(async (exit) => {
    await gone(killed, LAST_DESCENDANT_MS);
    return exit;
  });
  return {
    pid,
    exited,
    hasEnded: () => ended,
    signal: (signal) => {
      if (!ended) signalProcess(pid, signal);
    },
    killTree: () => {
      if (ended) return;
      for (const each of processTree(pid)) {
        killed.add(each);
        signalProcess(each, 'SIGKILL');
      }
    },
  };
}
