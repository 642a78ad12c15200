import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningProcesses, signalProcess, workingFolder } from '#deploy/local/process-tree.js';

/** The one folder below which every test of the run keeps its files, so that a process left behind shows by it. */
export class RunFolder {
  private constructor(readonly path: string) {}

  /** Makes it the folder for temporary files: of this process, and so of the workers. */
  static open(): RunFolder {
    const path = mkdtempSync(join(tmpdir(), 'tc-'));
    chmodSync(path, 0o711); // the user postgres passes through it
    process.env['TMPDIR'] = path;
    return new RunFolder(path);
  }

  /** Removes it. Kills what still works in it. @throws Error that names each */
  close(): void {
    const left = runningProcesses().filter(({ pid }) => pid !== process.pid && this.#serves(pid));
    for (const { pid } of left) signalProcess(pid, 'SIGKILL');
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
    if (left.length > 0)
      throw new Error(
        `left running: ${left.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`,
      );
  }

  /** Whether a process works in the folder, or was told of it by argument or environment (as TMPDIR, say). */
  #serves(pid: number): boolean {
    return [workingFolder(pid) ?? '', read(pid, 'cmdline'), read(pid, 'environ')].some((text) =>
      text.includes(this.path),
    );
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it ended while we looked
  }
}
