import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GpgHome } from './gpg-home.js';

export interface SampleKeysOptions {
  /** GnuPG home with the secret keys of the sample's people. */
  readonly gpgHome: string;
  /** Armoured public keys go here, `<person>.asc`, for `ops directory apply --keys`. */
  readonly keysFolder: string;
  readonly people: readonly {
    readonly id: string;
    readonly name: string;
    readonly address: string;
    readonly key: boolean;
  }[];
  readonly print: (line: string) => void;
  /** Aborted: no more keys are made. */
  readonly stopWanted?: AbortSignal;
}

/** Every start may move the local clock on by half a year, and keys must outlast them all. */
const expires = '15y';

/** Makes an OpenPGP key for each person who has none yet (`key: false`: never). Keys once made are kept; no gpg-agent stays behind. */
export async function makeSampleKeys({
  gpgHome,
  keysFolder,
  people,
  print,
  stopWanted,
}: SampleKeysOptions): Promise<void> {
  const missing = people.filter(({ id, key }) => key && !existsSync(join(keysFolder, `${id}.asc`)));
  if (missing.length === 0) return;
  await mkdir(keysFolder, { recursive: true });
  const home = await GpgHome.open(gpgHome);
  try {
    print(`making OpenPGP keys for ${missing.length} people of the sample`);
    for (const { id, name, address } of missing) {
      stopWanted?.throwIfAborted();
      const fingerprint = await home.makeKey(`${name} <${address}>`, expires);
      const file = join(keysFolder, `${id}.asc`);
      await writeFile(`${file}.new`, await home.exportKey(fingerprint));
      await rename(`${file}.new`, file);
    }
  } finally {
    await home.stop();
  }
}
