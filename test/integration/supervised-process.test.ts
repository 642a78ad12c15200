import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunning, processTree, signalProcess } from '#deploy/local/process-tree.js';
import { lockState } from '#deploy/local/state-lock.js';
import { SupervisedProcess, type ProcessSpec } from '#deploy/local/supervised-process.js';
import { scratchFolder, type ScratchFolder } from '#test/support/scratch-folder.js';
import { until } from '#test/support/until.js';

let scratch: ScratchFolder;
const started: SupervisedProcess[] = [];

function nodeProcess(script: string, more: Partial<ProcessSpec> = {}): SupervisedProcess {
  const made = new SupervisedProcess({
    name: 'child',
    command: process.execPath,
    args: ['-e', script],
    ready: /^ready/,
    ...more,
  });
  started.push(made);
  return made;
}

const IDLE = 'setInterval(() => undefined, 1e6); console.log("ready");';

beforeEach(async () => {
  scratch = await scratchFolder();
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop()));
  await scratch.remove();
});

describe('a supervised process', () => {
  it('is started again when it ends by itself, and says when it is ready again', async () => {
    const child = nodeProcess(`process.on("SIGUSR2", () => process.exit(3)); ${IDLE}`);
    await child.start();
    const before = child.pid;
    const again = child.nextReady();
    const exited = once(child.events, 'exit');
    child.signal('SIGUSR2');
    expect(await exited).toEqual([{ code: 3, signal: null }]);
    await again;
    expect(child.pid).not.toBe(before);
  });

  it('says in one sentence, and in its log, how it ended and that it was started again, but nothing when it is stopped', async () => {
    const logFile = join(scratch.path, 'restarted.log');
    const child = nodeProcess(`process.on("SIGUSR2", () => process.exit(3)); ${IDLE}`, { logFile });
    const said: string[] = [];
    child.events.on('restarted', (line) => said.push(line));
    await child.start();
    const again = child.nextReady();
    child.signal('SIGUSR2');
    await again;
    await child.killAndRestart();
    await child.stop();
    expect(said).toEqual([
      'child ended (exit 3) and was started again',
      'child ended (SIGKILL) and was started again',
    ]);
    const told = (await readFile(logFile, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('{'));
    const line = { level: 'warn', event: 'restarted', process: 'child' };
    expect(told.map((each) => JSON.parse(each) as unknown)).toMatchObject([
      { ...line, ended: 'exit 3' },
      { ...line, ended: 'SIGKILL' },
    ]);
  });

  it('is left alone when it ends, if asked', async () => {
    const child = nodeProcess(IDLE, { restart: false });
    await child.start();
    await child.kill();
    await expect(child.ready()).rejects.toThrow('child ended (SIGKILL)');
    expect(child.pid).toBeUndefined();
  });

  it('gives its last words when it ends before it was ready', async () => {
    const child = nodeProcess('console.error("no such setting"); process.exit(2)');
    await expect(child.start()).rejects.toThrow('child ended (exit 2)\n  no such setting');
    await expect(nodeProcess('', { command: '/no/such/program' }).start()).rejects.toThrow(
      '/no/such/program',
    );
  });

  it('is killed when it is not ready in time', async () => {
    const child = nodeProcess('setInterval(() => undefined, 1e6); console.log("warming up")', {
      readyWithinMs: 300,
    });
    await expect(child.start()).rejects.toThrow('child was not ready within 300 ms');
    expect(child.pid).toBeUndefined();
  });

  it('tells the line that said it was ready, passes lines on, and keeps them in a file of its own', async () => {
    const lines: string[] = [];
    const logFile = join(scratch.path, 'child.log');
    const child = nodeProcess(
      'console.log("one\\ntwo\\nready 4222"); setInterval(() => undefined, 1e6)',
      {
        logFile,
        onLine: (line) => lines.push(line),
      },
    );
    await child.start();
    expect(child.readyLine).toBe('ready 4222');
    await child.stop();
    expect(lines).toEqual(['one', 'two', 'ready 4222']);
    expect(await readFile(logFile, 'utf8')).toBe('one\ntwo\nready 4222\n');
    expect((await stat(logFile)).mode & 0o777).toBe(0o600);
  });

  it('inherits nothing from our environment but PATH', async () => {
    const child = nodeProcess(
      'console.log("ready", Object.keys(process.env).sort().join()); setInterval(() => undefined, 1e6)',
      {
        env: { MESH_ENV: 'local' },
      },
    );
    await child.start();
    expect(child.readyLine).toBe('ready LANG,MESH_ENV,PATH');
  });

  it('is asked to stop, and killed with its descendants when it does not', async () => {
    // The child of the child takes a while to die: the kernel has its memory to give back.
    const heavy =
      'globalThis.held = Buffer.alloc(256 * 2 ** 20, 1); console.log("ready"); setInterval(() => undefined, 1e6)';
    const stubborn = nodeProcess(
      `process.on("SIGTERM", () => undefined);
       const heavy = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(heavy)}]);
       heavy.stdout.once("data", () => console.log("ready")); setInterval(() => undefined, 1e6);`,
      { stopWithinMs: 200 },
    );
    await stubborn.start();
    const pids = processTree(stubborn.pid ?? 0);
    expect(pids.length).toBe(2);
    await Promise.all([stubborn.stop(), stubborn.stop()]);
    expect(pids.some(isRunning)).toBe(false);
  });

  it('stops also while it is paused, before it was started, and between two runs', async () => {
    const paused = nodeProcess(`process.on("SIGTERM", () => process.exit(0)); ${IDLE}`);
    await paused.start();
    const { pid } = paused;
    paused.signal('SIGSTOP');
    await paused.stop();
    expect(isRunning(pid ?? 0)).toBe(false);

    const never = nodeProcess(IDLE);
    await never.stop();
    await expect(never.start()).rejects.toThrow('child was stopped');

    const down = nodeProcess(IDLE);
    await down.start();
    await down.kill();
    await down.stop();
    await expect(down.ready()).rejects.toThrow('child was stopped');
    expect(down.pid).toBeUndefined();
  });

  it('does what is asked between the kill and the next start', async () => {
    const child = nodeProcess(IDLE);
    await child.start();
    const { pid } = child;
    const seen: boolean[] = [];
    await child.killAndRestart(async () => {
      seen.push(isRunning(pid ?? 0), child.pid !== undefined);
    });
    expect(seen).toEqual([false, false]);
    expect(child.pid).toBeDefined();
  });
});

describe('a supervisor', () => {
  it('takes its children with it when it is killed with -9, PostgreSQL under its own user included, and its lock is free', async () => {
    const main = fileURLToPath(new URL('../support/supervisor-main.js', import.meta.url));
    const supervisor = spawn(process.execPath, [main, scratch.path], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const supervisorPid = supervisor.pid ?? 0;
    try {
      const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
      const postgresPid = Number(line.toString());
      const pids = processTree(postgresPid);
      expect(pids.length).toBeGreaterThan(3);
      expect(await lockState(scratch.path)).toEqual({ heldByPid: supervisorPid });

      // Ctrl-C in a terminal goes to the supervisor's process group: its children lead groups of their own (field 5 of proc(5)'s stat).
      expect(readFileSync(`/proc/${postgresPid}/stat`, 'utf8')).toContain(
        `S ${supervisorPid} ${postgresPid} `,
      );

      const gone = once(supervisor, 'exit');
      signalProcess(supervisorPid, 'SIGKILL');
      await gone;
      await until('its children are gone', () => !pids.some(isRunning));
      const taken = await lockState(scratch.path);
      if (!('lock' in taken)) throw new Error('the lock of a killed process was still held');
      await taken.lock.release();
    } finally {
      signalProcess(supervisorPid, 'SIGKILL');
    }
  });

  it('has a state folder to itself until it lets go', async () => {
    const first = await lockState(scratch.path);
    expect(await lockState(join(scratch.path, '.'))).toEqual({ heldByPid: process.pid });
    if (!('lock' in first)) throw new Error('the folder is new');
    await first.lock.release();
    await first.lock.release();
    const second = await lockState(scratch.path);
    expect(second).toHaveProperty('lock');
    if ('lock' in second) await second.lock.release();
  });
});
