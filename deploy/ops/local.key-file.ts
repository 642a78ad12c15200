import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readMeshState, replaceJson } from '#deploy/local/mesh-state.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { KeyFile, type KeyVersions } from '#services/operator/domain/key-file.js';

interface Content {
  readonly current: number;
  readonly keys: Readonly<Record<string, string>>;
}

/** The guard's keys of the mesh that runs on this machine; its guards notice a change of the file by themselves. */
export class LocalKeyFile extends KeyFile {
  constructor(private readonly stateFile: string) {
    super();
  }

  override async read(): Promise<KeyVersions> {
    const { current, keys } = (await this.open()).content;
    return { current, versions: Object.keys(keys).map(Number) };
  }

  override async add(): Promise<number> {
    const { path, content } = await this.open();
    const version = Math.max(...Object.keys(content.keys).map(Number)) + 1;
    await replaceJson(path, {
      ...content,
      keys: { ...content.keys, [version]: randomBytes(32).toString('base64') },
    });
    return version;
  }

  override async makeCurrent(version: number): Promise<void> {
    const { path, content } = await this.open();
    if (content.keys[version] === undefined)
      throw new MeshError('config-invalid', `there is no version ${version}`);
    await replaceJson(path, { ...content, current: version });
  }

  override async remove(version: number): Promise<void> {
    const { path, content } = await this.open();
    if (content.keys[version] === undefined || content.current === version)
      throw new MeshError(
        'config-invalid',
        `version ${version} is not there, or is the current one`,
      );
    const keys = Object.entries(content.keys).filter(([name]) => name !== String(version));
    await replaceJson(path, { ...content, keys: Object.fromEntries(keys) });
  }

  private async open(): Promise<{ readonly path: string; readonly content: Content }> {
    const path = (await readMeshState(this.stateFile)).guardKeysFile;
    return { path, content: JSON.parse(await readFile(path, 'utf8')) as Content };
  }
}
