import { MeshError } from '#libs/contracts/mesh-error.js';
import { type Notice, noticeForm } from '#libs/contracts/service-forms.js';
import * as openpgp from 'openpgp';
import { Strongbox } from '../domain/strongbox.js';

/** Locks with the encryption subkey of the mesh's own key. */
export class OpenpgpStrongbox extends Strongbox {
  constructor(private readonly ownKey: openpgp.PrivateKey) {
    super();
  }

  override async lock(notice: Notice): Promise<Uint8Array> {
    const message = await openpgp.createMessage({
      binary: new TextEncoder().encode(JSON.stringify(notice)),
    });
    return openpgp.encrypt({ message, encryptionKeys: this.ownKey.toPublic(), format: 'binary' });
  }

  override async unlock(locked: Uint8Array): Promise<Notice> {
    try {
      const message = await openpgp.readMessage({ binaryMessage: Uint8Array.from(locked) });
      const { data } = await openpgp.decrypt({ message, decryptionKeys: this.ownKey });
      return noticeForm.parse(JSON.parse(data));
    } catch (cause) {
      throw new MeshError(
        'internal',
        'a held notice cannot be opened with the signing key that is configured now',
        { cause },
      );
    }
  }
}
