import { readFile } from 'node:fs/promises';
import * as openpgp from 'openpgp';
import { GpgHome } from './gpg-home.js';

/**
 * Puts the public half of the mesh's own key into the home of the sample's people, so that their gpg says of each mail whether the mesh signed
 * it. In production people get it with their first mail, or from their agency. Call when the notifier is ready: it makes the key.
 */
export async function importMeshKey(gpgHome: string, signingKeyFile: string): Promise<void> {
  const key = await openpgp.readPrivateKey({ armoredKey: await readFile(signingKeyFile, 'utf8') });
  const home = await GpgHome.open(gpgHome);
  try {
    await home.importKey(key.toPublic().armor());
  } finally {
    await home.stop();
  }
}
