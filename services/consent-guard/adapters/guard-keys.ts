import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ClientIdentity } from '#libs/contracts/form-fields.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { IdentityPrints } from '../domain/client-identity.js';
import { LazyPrints, mac } from './lazy-prints.js';

const keyFile = z.strictObject({
  current: z.int().min(1).max(32_767),
  keys: z.record(z.string().regex(/^[0-9]{1,5}$/), z.base64()),
});

interface KeySet {
  readonly prints: KeyObject;
  readonly vault: Buffer;
}

interface KeyFile {
  /** The version that the operator wants new hashes and seals to be made with. */
  readonly current: number;
  readonly sets: ReadonlyMap<number, KeySet>;
}

/**
 * What only the guard holds: the keyed hashes that stand for a client's identity, and the sealing of payloads it must keep for a while.
 * Keys are versioned. Hashes and seals are made with `version`, the one that all instances write with (`key_state`); identities are looked up
 * under every version in the file; a seal names its own. Nothing of it is ever logged.
 */
export class GuardKeys {
  private writing: number;
  private changes = 0;

  private constructor(
    private readonly path: string,
    private file: KeyFile,
  ) {
    this.writing = file.current;
  }

  /** @throws MeshError `config-invalid` when the file is missing, malformed, or a key has not 32 bytes. */
  static fromFile(path: string): GuardKeys {
    return new GuardKeys(path, readKeyFile(path));
  }

  get version(): number {
    return this.writing;
  }

  /** What the file says should be written with. */
  get wanted(): number {
    return this.file.current;
  }

  /** Grows whenever anything about the keys changes: what was derived before is derived again. */
  get stamp(): number {
    return this.changes;
  }

  get versions(): readonly number[] {
    return [...this.file.sets.keys()].toSorted((one, other) => one - other);
  }

  knows(version: number): boolean {
    return this.file.sets.has(version);
  }

  /**
   * Reads the file again.
   * @param dropped asked about versions that the new file no longer has; answers which are still needed
   * @throws MeshError `config-invalid` when it is wrong or misses a version that is still needed: the keys stay as they were
   */
  async reload(
    dropped: (versions: readonly number[]) => Promise<readonly number[]>,
  ): Promise<void> {
    const file = readKeyFile(this.path);
    const gone = this.versions.filter((version) => !file.sets.has(version));
    const needed = gone.length === 0 ? [] : await dropped(gone);
    if (needed.length > 0 || !file.sets.has(this.writing))
      throw new MeshError(
        'config-invalid',
        `GUARD_KEYS_FILE lacks version ${needed[0] ?? this.writing}, which is still needed`,
      );
    this.put(file);
  }

  /** Versions that the file has and these keys do not, taken in at once: an instance met a version it does not know. Never takes one away. */
  learn(): void {
    const file = readKeyFile(this.path);
    this.put({ current: file.current, sets: new Map([...this.file.sets, ...file.sets]) });
  }

  /** From now on written with. @throws MeshError `key-unavailable` when the file does not have it either */
  write(version: number): void {
    if (version === this.writing) return;
    if (!this.knows(version)) this.learn();
    if (!this.knows(version))
      throw new MeshError(
        'key-unavailable',
        `version ${version} of the guard's key is not in GUARD_KEYS_FILE`,
      );
    this.writing = version;
    this.changes += 1;
  }

  /** Under the version written with, and under every other, which clients recorded earlier may still bear. */
  allPrints(identity: ClientIdentity): readonly [LazyPrints, ...LazyPrints[]] {
    const own = this.printsUnder(this.writing, identity);
    if (this.file.sets.size === 1) return [own];
    const others = this.versions.filter((version) => version !== this.writing);
    return [own, ...others.map((version) => this.printsUnder(version, identity))];
  }

  printsUnder(keyVersion: number, identity: ClientIdentity): LazyPrints {
    return new LazyPrints(keyVersion, this.set(keyVersion).prints, identity);
  }

  /**
   * The id of a client not known yet: from the hash of the whole identity, so that two guards derive the same; without an NI number from the
   * case that brought them. It stays when keys change.
   */
  deriveClient(prints: IdentityPrints, caseId: string): string {
    return toUuid(
      mac(
        this.set(prints.keyVersion ?? this.writing).prints,
        'client',
        prints.identity ?? `case:${caseId}`,
      ),
    );
  }

  /** AES-256-GCM; `about` (the row's id) is bound in, so that a sealed payload cannot be moved to another row. */
  seal(plain: Uint8Array, about: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.set(this.writing).vault, nonce).setAAD(
      Buffer.from(about),
    );
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    const version = Buffer.alloc(2);
    version.writeUInt16BE(this.writing);
    return Buffer.concat([version, nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws MeshError `key-unavailable` when the key is not there, `internal` when the bytes were changed. */
  open(sealed: Uint8Array, about: string): Buffer {
    const bytes = Buffer.from(sealed);
    const named = bytes.readUInt16BE(0);
    if (!this.knows(named)) this.learn();
    const set = this.set(named);
    try {
      const decipher = createDecipheriv('aes-256-gcm', set.vault, bytes.subarray(2, 14))
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(14, 30));
      return Buffer.concat([decipher.update(bytes.subarray(30)), decipher.final()]);
    } catch (error) {
      throw new MeshError('internal', 'a sealed payload cannot be opened', { cause: error });
    }
  }

  private set(version: number): KeySet {
    const set = this.file.sets.get(version);
    if (set === undefined)
      throw new MeshError('key-unavailable', `version ${version} of the guard's key is not there`);
    return set;
  }

  private put(file: KeyFile): void {
    this.file = file;
    this.changes += 1;
  }
}

function readKeyFile(path: string): KeyFile {
  try {
    const { current, keys } = keyFile.parse(JSON.parse(readFileSync(path, 'utf8')));
    const sets = new Map(
      Object.entries(keys).map(
        ([version, key]) => [Number(version), keySet(Buffer.from(key, 'base64'))] as const,
      ),
    );
    if (!sets.has(current)) throw new RangeError('current names no key');
    return { current, sets };
  } catch (error) {
    throw new MeshError(
      'config-invalid',
      'GUARD_KEYS_FILE must name a JSON file with a current version and its key of 32 bytes in base64',
      {
        cause: error,
      },
    );
  }
}

function keySet(key: Buffer): KeySet {
  if (key.length !== 32) throw new RangeError('a key has 32 bytes');
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', key, '', `throughcare guard ${use}`, 32));
  return { prints: createSecretKey(derive('prints')), vault: derive('vault') };
}

function toUuid(code: string): string {
  const bytes = Buffer.from(code, 'base64url').subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
