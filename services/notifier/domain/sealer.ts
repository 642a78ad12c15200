import type { Letter } from './letter.js';
import type { SealedMail, SealFault } from './sealed-mail.js';

/** Why a key cannot be used, for the person who enrols it. */
export const keyRefusals = {
  'not-a-key':
    'It is not one ASCII-armored OpenPGP public key: export it with gpg --armor --export and send the whole block',
  'secret-key':
    'It holds a secret key: never send that. Treat the key as lost, make a new one and export its public half only',
  'several-keys': 'It holds more than one key: send the one to be used',
  'version-not-4':
    'Its format is not version 4 but 5 (GnuPG from 2.3 on, for some kinds of key), 6 or an old one, which many mail programs cannot read: make a version 4 key, RSA 3072 or Curve25519, with gpg',
  'algorithm-too-new':
    'Its algorithm (post-quantum, or X25519, Ed25519 or the 448 ones of RFC 9580) is one that GnuPG 2.2 cannot read: make an RSA 3072 or Curve25519 key with gpg',
  'algorithm-too-weak':
    'Its algorithm is too weak or out of use (RSA below 2048 bits, DSA or ElGamal): make an RSA 3072 or Curve25519 key',
  'curve-not-supported':
    'Its curve (secp256k1 or brainpool) is not supported here: make an RSA 3072 or Curve25519 key',
  'sign-only': 'It can sign but not encrypt: add an encryption subkey and export it again',
  expired:
    'It, or its encryption subkey, is expired on the day it is needed: extend it or make a new one, and export it again',
  revoked: 'It, or its encryption subkey, is revoked: make a new one',
  'no-user-id':
    'It bears no user id, as key servers hand keys out: export it from the program that made it, and send that',
  'self-signature-missing':
    'Its user ids bear no signature of the key itself: export it again, without options that leave signatures out',
  'self-signature-bad':
    'Its own signatures are broken and do not verify: export it again from the program that made it',
  'address-differs':
    'None of its verified user ids bears this mail address: add the address to the key and export it again',
} as const;
export type KeyRefusal = keyof typeof keyRefusals;

/** A public key found fit for one address on one day. */
export interface FitKey {
  /** 40 lower-case hex digits. */
  readonly fingerprint: string;
  /** Key id, 16 lower-case hex digits, of the part that encrypts. */
  readonly encryptionKeyId: string;
  readonly armored: string;
}

export type SealResult =
  | { readonly kind: 'sealed'; readonly mail: SealedMail; readonly encryptionKeyId: string }
  | { readonly kind: 'unusable'; readonly refusal: KeyRefusal }
  /** The key is fit, and no mail could be made for it. `why` names the rule, never what it was broken by; `cause` is for the log. */
  | {
      readonly kind: 'not-sealed';
      readonly why: SealFault | 'sealing-failed';
      readonly cause?: unknown;
    };

/** Signs and encrypts. A letter leaves here sealed or not at all. */
export abstract class Sealer {
  /** Whether the key can be used to reach `address` on the day `on`, which may lie ahead: the day a reminder will be due. */
  abstract examine(armoredKey: string, address: string, on: Date): Promise<FitKey | KeyRefusal>;
  /** Never throws for what is in the letter or the key: the same letter would fail again. */
  abstract seal(letter: Letter, armoredKey: string): Promise<SealResult>;
}
