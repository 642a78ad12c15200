import { createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { Authenticator } from '@nats-io/nats-core';
import { Prefix } from '@nats-io/nkeys';
import { Codec } from '@nats-io/nkeys/lib/codec.js';

/** RFC 8410: an Ed25519 private key in PKCS #8 is this prefix and the 32 bytes of the seed; a public key ends with its 32 bytes. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const rawBytes = 32;

const text = (ascii: Uint8Array): string => Buffer.from(ascii).toString('latin1');

/**
 * A broker user's key pair. The client's own derives and signs in JavaScript, 50 ms and more each time: a gateway of many parties would
 * stand still for seconds when the broker comes back. This one has Node's Ed25519, and the client's writing of it (nkeys: base32, checksum).
 */
export class UserKey {
  /** `U…` */
  readonly publicKey: string;
  private readonly key: KeyObject;

  private constructor(
    /** `SU…`; shown to nobody. */
    readonly seed: string,
    raw: Uint8Array,
  ) {
    this.key = createPrivateKey({
      key: Buffer.concat([pkcs8Prefix, raw]),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(this.key).export({ format: 'der', type: 'spki' });
    this.publicKey = text(Codec.encode(Prefix.User, spki.subarray(-rawBytes)));
  }

  static make(): UserKey {
    const raw = randomBytes(rawBytes);
    return new UserKey(text(Codec.encodeSeed(Prefix.User, raw)), raw);
  }

  /** @throws Error when it is no seed (checksum included) or not a user's */
  static fromSeed(seed: string): UserKey {
    const { prefix, buf } = Codec.decodeSeed(Buffer.from(seed, 'latin1'));
    if (prefix !== Prefix.User) throw new TypeError('the seed is not of a user');
    return new UserKey(seed, buf);
  }

  /** Answers the broker's challenge. */
  get authenticator(): Authenticator {
    return (nonce) => ({
      nkey: this.publicKey,
      sig: nonce === undefined ? '' : sign(null, Buffer.from(nonce), this.key).toString('base64'),
    });
  }
}
