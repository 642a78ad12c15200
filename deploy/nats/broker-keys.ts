import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { UserKey } from '#libs/nats/user-key.js';

/** Where a user's seed lies: `<folder>/<user>.nk`. Users are the party ids and `guard`, `provisioner`, `sys`. */
export const seedFile = (folder: string, user: string): string => join(folder, `${user}.nk`);

/**
 * The public half of a user's nkey. A user that has none yet gets one: its seed is written to `seedFile` with mode 0600 and shown to
 * nobody. An existing seed is never replaced.
 *
 * @throws MeshError `config-invalid` when the file is there and holds no seed
 */
export async function brokerPublicKey(folder: string, user: string): Promise<string> {
  const path = seedFile(folder, user);
  const known = await readFile(path).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw new MeshError('config-invalid', `the seed of ${user} cannot be read`, { cause: error });
  });
  if (known === undefined) {
    const key = UserKey.make();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // 'wx': of two that make the same key at once, one is told.
    await writeFile(path, key.seed, { mode: 0o600, flag: 'wx' });
    return key.publicKey;
  }
  try {
    return UserKey.fromSeed(known.toString('utf8').trim()).publicKey;
  } catch (error) {
    throw new MeshError('config-invalid', `the seed file of ${user} holds no seed`, {
      cause: error,
    });
  }
}

/** A key for the store's encryption. Begins with a letter: the server parses the variable's value, and a leading digit makes a number of it. */
export const newCipherKey = (): string => `k${randomBytes(32).toString('hex')}`;
