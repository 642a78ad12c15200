import { createPrivateKey, sign } from 'node:crypto';
import type { Authenticator } from '@nats-io/nats-core';
import { fromSeed } from '@nats-io/nkeys';

/** RFC 8410: an Ed25519 private key in PKCS #8 is this prefix and the 32 bytes of the seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Answers the broker's challenge by Node's own Ed25519. The client's authenticator derives and signs in JavaScript, 50 ms and more each
 * time: a gateway of many parties would stand still for seconds when the broker comes back.
 *
 * @param seed an nkey seed (`S…`)
 * @throws NKeysError when it is none (checksum included)
 */
export function nkeyAuthenticator(seed: string): Authenticator {
  const nkey = fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  // Two bytes say what kind of key it is, 32 are the seed, two the checksum, which fromSeed has verified.
  const raw = base32Decode(seed).subarray(2, 34);
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, raw]),
    format: 'der',
    type: 'pkcs8',
  });
  return (nonce) => ({
    nkey,
    sig: nonce === undefined ? '' : sign(null, Buffer.from(nonce), key).toString('base64'),
  });
}

function base32Decode(text: string): Buffer {
  const bits = Array.from(text, (letter) =>
    base32Alphabet.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
