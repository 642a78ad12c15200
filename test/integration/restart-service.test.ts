import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { restartService } from '#deploy/local/restart-service.js';
import { type StateLock, lockState } from '#deploy/local/state-lock.js';
import { SupervisedProcess } from '#deploy/local/supervised-process.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';

let scratch: ScratchFolder;
let lock: StateLock;
let main: string;
let service: SupervisedProcess;

beforeEach(async () => {
  scratch = await scratchFolder();
  const taken = await lockState(scratch.path);
  if (!('lock' in taken)) throw new Error('the folder is new, and held');
  lock = taken.lock;
  main = join(scratch.path, 'main.js');
  await writeFile(main, "setInterval(() => undefined, 1000); console.log('ready');");
  service = new SupervisedProcess({
    name: 'a service',
    command: process.execPath,
    args: [main],
    ready: /ready/,
  });
  await service.start();
});
afterEach(async () => {
  await service.stop();
  await lock.release();
  await scratch.remove();
});

describe('a service of a running mesh', () => {
  it('is started again by its supervisor with the build of now', async () => {
    await writeFile(main, "setInterval(() => undefined, 1000); console.log('ready: new build');");
    const before = service.pid;
    const again = service.nextReady();
    expect(await restartService(scratch.path, main)).toBe(1);
    await again;
    expect(service.pid).not.toBe(before);
    expect(service.readyLine).toBe('ready: new build');
  });

  it('is not found where the mesh runs none of that name, and then nothing is ended', async () => {
    const other = join(scratch.path, 'other.js');
    await expect(restartService(scratch.path, other)).rejects.toThrow('no process of the mesh');
    expect(service.pid).toBeDefined();
  });

  it('is not looked for where no mesh runs: the developer is told to start one', async () => {
    await lock.release();
    await expect(restartService(scratch.path, main)).rejects.toThrow('npm start -- --no-journey');
    expect(service.pid).toBeDefined();
  });
});
