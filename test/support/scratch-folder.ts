import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder that only its maker can enter (mode 0700, as mkdtemp makes it). */
export interface ScratchFolder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function scratchFolder(): Promise<ScratchFolder> {
  const path = await mkdtemp(join(tmpdir(), 'throughcare-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
