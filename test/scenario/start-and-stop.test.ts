import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { processTree, signalProcess } from '#deploy/local/process-tree.js';
import { processesOf } from '#test/support/processes-of.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';
import { until } from '#test/support/until.js';

const startLimitMs = 40_000;

/**
 * The command of `npm start` in a package of its own, with one thing changed: nothing is prepared, for a build here would take the code away
 * from under the tests.
 */
function commandOfStart(): string {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  const [prepare, start = ''] = scripts.start.split(' && ');
  expect(prepare).toBe('node deploy/local/prepare.mjs start');
  return `node --eval 0 && ${start.replace('dist/', `${resolve('dist')}/`)}`;
}

describe('npm start, from a script', () => {
  let scratch: ScratchFolder;
  let npm: ChildProcess;
  let exited: Promise<unknown[]>;
  let lines: string[];

  beforeEach(async () => {
    scratch = await scratchFolder();
    const manifest = { name: 'started', version: '1.0.0', scripts: { start: commandOfStart() } };
    await writeFile(join(scratch.path, 'package.json'), JSON.stringify(manifest));
    npm = spawn('npm', ['start', '--', '--no-journey'], {
      cwd: scratch.path,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    exited = once(npm, 'exit');
    lines = [];
    if (npm.stdout !== null) createInterface(npm.stdout).on('line', (line) => lines.push(line));
  });

  afterEach(async () => {
    for (const { pid } of processesOf(scratch.path)) signalProcess(pid, 'SIGKILL');
    await until('nothing of it runs', () => left().length === 0);
    await scratch.remove();
  });

  const left = (): readonly string[] => processesOf(scratch.path).map(({ name }) => name);
  const prints = (text: string): Promise<boolean> =>
    until(`it prints ${text}`, () => lines.some((line) => line.includes(text)), startLimitMs);
  const nodeOf = (pid: number): number => processTree(pid)[1] ?? pid;

  it('stops what has started when npm is told to stop while the servers start', async () => {
    await until('a server runs', () => left().includes('nats-server'), startLimitMs);
    npm.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(left()).toEqual([]);
    expect(lines.some((line) => line.startsWith('services: '))).toBe(false);
  });

  it('stops in order at Ctrl-C, which comes from the terminal and from npm, the keys that are being made too', async () => {
    await prints('making OpenPGP keys');
    signalProcess(nodeOf(npm.pid ?? 0), 'SIGINT');
    npm.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(left()).toEqual([]);
    expect(lines).toContain('stopping …');
  });

  it('stops all of it when npm was killed', async () => {
    await until('a server runs', () => left().includes('nats-server'), startLimitMs);
    npm.kill('SIGKILL');
    await exited;
    await until('all is gone', () => left().length === 0);
    // What it printed last may still be on its way here.
    await until('it said so', () => lines.includes('stopping …'));
  });
});
