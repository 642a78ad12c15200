import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { MeshError } from '#libs/contracts/mesh-error.js';
import * as openpgp from 'openpgp';

/**
 * The mesh's own signing key, made at the first start. Version 4 with Curve25519 in its older form (the library's default): GnuPG 2.2
 * imports that and none of the newer kinds. Its user id is the bare sender address.
 * @throws MeshError `config-invalid` when the file can be read by others, or is no such key.
 */
export async function loadSigningKey(file: string, address: string): Promise<openpgp.PrivateKey> {
  await makeUnlessThere(file, address);
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0)
    throw new MeshError(
      'config-invalid',
      'the signing key file may be read by its owner only: chmod 600',
    );
  const key = await readKeyFile(file);
  const ours = key.getUserIDs().some((userId) => userId === address || userId === `<${address}>`);
  if (key.keyPacket.version !== 4 || !ours)
    throw new MeshError(
      'config-invalid',
      'the signing key is not a version 4 key for the sender address',
    );
  return key;
}

async function readKeyFile(file: string): Promise<openpgp.PrivateKey> {
  try {
    return await openpgp.readPrivateKey({ armoredKey: await readFile(file, 'utf8') });
  } catch (cause) {
    throw new MeshError(
      'config-invalid',
      'the signing key file does not hold one OpenPGP private key',
      { cause },
    );
  }
}

/** Several instances may start at once: the file appears whole, by one link, and the first one's key is everybody's. */
async function makeUnlessThere(file: string, address: string): Promise<void> {
  if (await exists(file)) return;
  const { privateKey } = await openpgp.generateKey({
    userIDs: [{ email: address }],
    format: 'armored',
  });
  const fresh = `${file}.${randomUUID()}`;
  const handle = await open(fresh, 'wx', 0o600);
  try {
    await handle.writeFile(privateKey);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(fresh, file);
  } catch (error) {
    if (!(await exists(file)))
      throw new MeshError('config-invalid', 'the signing key file cannot be made', {
        cause: error,
      });
  } finally {
    await rm(fresh, { force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
