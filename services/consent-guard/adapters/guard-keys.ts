import { type KeyObject, createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ClientIdentity } from '#libs/contracts/form-fields.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { IdentityPrints } from '../domain/client-identity.js';

const keyFile = z.strictObject({ current: z.int().min(1).max(32_767), keys: z.record(z.string().regex(/^[0-9]{1,5}$/), z.base64()) });

interface KeySet {
  readonly prints: KeyObject;
  readonly vault: Buffer;
}

/**
 * What only the guard holds: the keyed hashes that stand for a client's identity, and the sealing of payloads it must keep for a while.
 * Keys are versioned; new hashes and seals use the current one, a seal names its own. Nothing of it is ever logged.
 */
export class GuardKeys {
  private constructor(
    readonly version: number,
    private readonly sets: ReadonlyMap<number, KeySet>,
    private readonly current: KeySet,
  ) {}

  /** @throws MeshError `config-invalid` when the file is missing, malformed, or a key has not 32 bytes. */
  static fromFile(path: string): GuardKeys {
    try {
      const { current, keys } = keyFile.parse(JSON.parse(readFileSync(path, 'utf8')));
      const sets = new Map(Object.entries(keys).map(([version, key]) => [Number(version), keySet(Buffer.from(key, 'base64'))] as const));
      const set = sets.get(current);
      if (set === undefined) throw new RangeError('current names no key');
      return new GuardKeys(current, sets, set);
    } catch (error) {
      throw new MeshError(
        'config-invalid',
        'GUARD_KEYS_FILE must name a JSON file with a current version and its key of 32 bytes in base64',
        { cause: error },
      );
    }
  }

  prints(identity: ClientIdentity): IdentityPrints {
    return {
      nino: identity.nino === undefined ? undefined : this.mac('nino', identity.nino),
      dateOfBirth: this.mac('date-of-birth', identity.dateOfBirth),
      surname: this.mac('surname', letters(identity.surname)),
    };
  }

  /** The id of a client not known yet: from the NI number's hash, else from the case that brought them. */
  deriveClient(prints: IdentityPrints, caseId: string): string {
    return toUuid(this.mac('client', prints.nino ?? `case:${caseId}`));
  }

  /** AES-256-GCM; `about` (the row's id) is bound in, so that a sealed payload cannot be moved to another row. */
  seal(plain: Uint8Array, about: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.current.vault, nonce).setAAD(Buffer.from(about));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    const version = Buffer.alloc(2);
    version.writeUInt16BE(this.version);
    return Buffer.concat([version, nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws MeshError `internal` when the key is gone or the bytes were changed. */
  open(sealed: Uint8Array, about: string): Buffer {
    const bytes = Buffer.from(sealed);
    const set = this.sets.get(bytes.readUInt16BE(0));
    if (set === undefined) throw new MeshError('internal', 'the key of a sealed payload is not there');
    try {
      const decipher = createDecipheriv('aes-256-gcm', set.vault, bytes.subarray(2, 14))
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(14, 30));
      return Buffer.concat([decipher.update(bytes.subarray(30)), decipher.final()]);
    } catch (error) {
      throw new MeshError('internal', 'a sealed payload cannot be opened', { cause: error });
    }
  }

  private mac(what: string, value: string): string {
    return createHmac('sha256', this.current.prints).update(`${what}\n${value}`).digest('base64url');
  }
}

function keySet(key: Buffer): KeySet {
  if (key.length !== 32) throw new RangeError('a key has 32 bytes');
  const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', `throughcare guard ${use}`, 32));
  return { prints: createSecretKey(derive('prints')), vault: derive('vault') };
}

/** Spelling that differs from form to form (accents, hyphens, capitals, spaces) makes no other person. */
const letters = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}]/gu, '');

function toUuid(mac: string): string {
  const bytes = Buffer.from(mac, 'base64url').subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
