import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BrokerFile } from './broker-config.js';

/**
 * Writes the broker's files, each whole or not at all (written beside, synced, renamed), mode 0600, in the order given: the main file
 * comes last. Spoke files of parties that are no longer among them are removed afterwards; nothing includes them any more.
 */
export async function writeBrokerFiles(
  folder: string,
  files: readonly BrokerFile[],
): Promise<void> {
  for (const file of files) await replaceFile(join(folder, file.path), file.text);
  const kept = new Set(files.map((file) => file.path));
  const spokes = await readdir(join(folder, 'spokes')).catch(() => []);
  for (const name of spokes)
    if (!kept.has(`spokes/${name}`)) await rm(join(folder, 'spokes', name));
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.new`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, path);
}
