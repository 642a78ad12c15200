import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MeshError } from '#libs/contracts/mesh-error.js';

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals what the desk keeps with the agency's key: AES-256-GCM (NIST SP 800-38D), iv · tag · ciphertext. `place` says where it is kept, so that
 * a row copied to another place does not open. 2^32 seals a key are the limit for random ivs, a thousand years of an agency.
 */
export class Sealer {
  readonly #key: Buffer;

  /** @param key 32 bytes in base64. @throws MeshError `config-invalid` */
  constructor(key: string) {
    this.#key = Buffer.from(key, 'base64');
    if (this.#key.length !== keyBytes)
      throw new MeshError('config-invalid', 'DESK_KEY must be 32 bytes in base64');
  }

  seal(value: unknown, place: string): Buffer {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(place));
    const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]);
  }

  /** @throws Error where the key, the place or a byte is another */
  open(sealed: Buffer, place: string): unknown {
    const iv = sealed.subarray(0, ivBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, iv)
      .setAAD(Buffer.from(place))
      .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
    const text = decipher.update(sealed.subarray(ivBytes + tagBytes));
    return JSON.parse(Buffer.concat([text, decipher.final()]).toString('utf8')) as unknown;
  }
}
