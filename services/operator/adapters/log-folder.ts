import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { LogFiles } from '#libs/evidence/verify-log.js';

/** A log as a folder, laid out as C2SP tlog-tiles serves it: any static file server can serve it as it is. */
export class LogFolder implements LogFiles {
  constructor(private readonly folder: string) {}

  /** @throws MeshError `config-invalid` where there is no such folder */
  static open(folder: string): LogFolder {
    if (!existsSync(folder)) throw new MeshError('config-invalid', `there is no folder ${folder}`);
    return new LogFolder(folder);
  }

  /** @throws MeshError `config-invalid` where a log is there already: what was exported is never written over */
  static async create(folder: string): Promise<LogFolder> {
    if (existsSync(join(folder, 'checkpoint')))
      throw new MeshError(
        'config-invalid',
        `${folder} holds an export already; give another folder`,
      );
    await mkdir(folder, { recursive: true });
    return new LogFolder(folder);
  }

  read(path: string): Uint8Array | undefined {
    const file = join(this.folder, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  async write(path: string, content: Uint8Array | string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
