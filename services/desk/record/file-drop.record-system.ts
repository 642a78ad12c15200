import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as openpgp from 'openpgp';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type RecordAnswer, type RecordDelivery, RecordSystem } from '../domain/record-system.js';

const digits = 12;

/**
 * A folder that the record system reads: one sealed file a delivery, `<number>-<id>.asc`, so that names sort in order. A file appears whole or
 * not at all: it is written under another name, brought to the disk, then renamed. The same delivery again is the same name.
 */
export class FileDropRecordSystem extends RecordSystem {
  constructor(
    private readonly settings: {
      readonly folder: string;
      /** OpenPGP public key of the record system, armoured. */
      readonly key: string;
    },
  ) {
    super();
  }

  override async deliver({ id, number, body }: RecordDelivery): Promise<RecordAnswer> {
    const { folder } = this.settings;
    const sealed = await this.#seal(body);
    const name = `${number.padStart(digits, '0')}-${id}.asc`;
    const draft = join(folder, `.${name}.new`);
    try {
      await writeThrough(draft, sealed);
      await rename(draft, join(folder, name));
      await sync(folder);
      return { kind: 'taken' };
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      const code = (error as { readonly code?: string }).code ?? 'unknown';
      return { kind: 'not-taken', why: `folder: ${code}` };
    }
  }

  async #seal(body: string): Promise<string> {
    try {
      const encryptionKeys = await openpgp.readKey({ armoredKey: this.settings.key });
      if (encryptionKeys.isPrivate()) throw new Error('a private key');
      return await openpgp.encrypt({
        message: await openpgp.createMessage({ text: body }),
        encryptionKeys,
        // Readable by GnuPG 2.2 too: see the notifier's sealer.
        sessionKey: await openpgp.generateSessionKey({ encryptionKeys }),
        format: 'armored',
        config: { showVersion: false, showComment: false },
      });
    } catch (cause) {
      throw new MeshError(
        'config-invalid',
        'record-key.asc must be an OpenPGP public key that can encrypt and has not expired',
        { cause },
      );
    }
  }
}

/** Its owner's alone, and on the disk. */
async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
