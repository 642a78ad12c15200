import * as openpgp from 'openpgp';
import type { FitKey, KeyRefusal } from '../domain/sealer.js';

/** A fit key with the library's own object, kept so that it need not be parsed for every mail. */
export interface ExaminedKey extends FitKey {
  readonly key: openpgp.PublicKey;
  readonly encryptionPart: openpgp.PublicKey | openpgp.Subkey;
  /** When the newest part of it was made: before that, the library calls it unusable. */
  readonly madeAt: Date;
}

/** Algorithms 25 to 28 came with RFC 9580 §9.1; GnuPG 2.2 reads none of them, not even in a version 4 key. */
const { x25519, x448, ed25519, ed448 } = openpgp.enums.publicKey;
const newAlgorithms: ReadonlySet<openpgp.enums.publicKey> = new Set([x25519, x448, ed25519, ed448]);
const leastRsaBits = 2048;

/**
 * Whether a public key can be used to reach `address` on a day, which may lie ahead, and if not, why. A key is examined before it is pinned, and again,
 * for the very moment, before each mail: keys expire.
 */
export async function examineKey(
  armored: string,
  address: string,
  day: Date,
): Promise<ExaminedKey | KeyRefusal> {
  const key = await readOneKey(armored);
  if (typeof key === 'string') return key;
  // Its owner's clock may be ahead of ours: a key is never too young, only too old.
  const madeAt = newestPart(key);
  const on = madeAt > day ? madeAt : day;
  const flaw = flawOf(key.keyPacket);
  if (flaw !== undefined) return flaw;
  if (await key.isRevoked(undefined, undefined, on)) return 'revoked';
  if (isOver(await expiryOf(key), on)) return 'expired';
  if (!(await hasVerifiedAddress(key, address, on))) {
    return (await hasAnyVerifiedUser(key, on)) ? 'address-differs' : 'self-signature-bad';
  }
  const encryption = await encryptionKeyOf(key, on);
  if (typeof encryption === 'string') return encryption;
  return {
    fingerprint: key.getFingerprint(),
    encryptionKeyId: encryption.getKeyID().toHex(),
    armored,
    key,
    encryptionPart: encryption,
    madeAt,
  };
}

function newestPart({ keyPacket, users, subkeys }: openpgp.PublicKey): Date {
  const signatures = [
    ...users.flatMap((user) => user.selfCertifications),
    ...subkeys.flatMap((subkey) => subkey.bindingSignatures),
  ];
  const made = [
    keyPacket.created,
    ...subkeys.map((subkey) => subkey.keyPacket.created),
    ...signatures.map(({ created }) => created),
  ];
  return new Date(Math.max(...made.map((at) => at?.getTime() ?? 0)));
}

async function readOneKey(armored: string): Promise<openpgp.PublicKey | KeyRefusal> {
  // The library would parse the first block of several; a person who pastes two must be asked which.
  if (armored.includes('-----BEGIN PGP PRIVATE KEY BLOCK-----')) return 'secret-key';
  if (armored.split('-----BEGIN PGP').length !== 2)
    return armored.includes('-----BEGIN PGP') ? 'several-keys' : 'not-a-key';
  try {
    const keys = await openpgp.readKeys({ armoredKeys: armored });
    const [key] = keys;
    if (key === undefined) return 'not-a-key';
    if (keys.length > 1) return 'several-keys';
    return key.isPrivate() ? 'secret-key' : key;
  } catch {
    return 'not-a-key';
  }
}

/** What is wrong with the kind of key, whatever its signatures say. */
function flawOf(
  packet: openpgp.Key['keyPacket'] | openpgp.Subkey['keyPacket'],
): KeyRefusal | undefined {
  if (packet.version !== 4) return 'version-not-4';
  const { algorithm, bits, curve } = packet.getAlgorithmInfo();
  if (newAlgorithms.has(packet.algorithm)) return 'algorithm-too-new';
  if (algorithm === 'dsa' || algorithm === 'elgamal') return 'algorithm-too-weak';
  if (algorithm.startsWith('rsa') && (bits ?? 0) < leastRsaBits) return 'algorithm-too-weak';
  // Brainpool would need eckey-utils; without it the library calls a good self-signature bad, which misleads the reader.
  return curve === 'secp256k1' || curve?.startsWith('brainpool')
    ? 'curve-not-supported'
    : undefined;
}

/** The library answers null for a key whose expiry it cannot tell, for one; that is as good as over. */
const isOver = (expiry: Date | number | null | undefined, on: Date): boolean =>
  expiry === null || (expiry instanceof Date && expiry.getTime() <= on.getTime());

async function expiryOf(
  key: openpgp.Key | openpgp.Subkey,
): Promise<Date | number | null | undefined> {
  try {
    return await key.getExpirationTime();
  } catch {
    return undefined;
  }
}

async function verifies(user: openpgp.User, on: Date): Promise<boolean> {
  try {
    return await user.verify(on);
  } catch {
    return false;
  }
}

async function hasAnyVerifiedUser(key: openpgp.PublicKey, on: Date): Promise<boolean> {
  for (const user of key.users) if (user.userID !== null && (await verifies(user, on))) return true;
  return false;
}

/** The library never compares a key's user ids with an address: anybody's key would do for anybody. */
async function hasVerifiedAddress(
  key: openpgp.PublicKey,
  address: string,
  on: Date,
): Promise<boolean> {
  const wanted = address.toLowerCase();
  for (const user of key.users)
    if (user.userID?.email.toLowerCase() === wanted && (await verifies(user, on))) return true;
  return false;
}

/**
 * `getExpirationTime` says Infinity where only the encryption subkey has expired; `getEncryptionKey` looks at the day. When it finds
 * nothing, the subkeys are asked one by one why.
 */
async function encryptionKeyOf(
  key: openpgp.PublicKey,
  on: Date,
): Promise<openpgp.PublicKey | openpgp.Subkey | KeyRefusal> {
  try {
    const found = await key.getEncryptionKey(undefined, on);
    return flawOf(found.keyPacket) ?? found;
  } catch {
    for (const subkey of key.subkeys) {
      const flaw = flawOf(subkey.keyPacket);
      if (flaw !== undefined) return flaw;
      if (subkey.revocationSignatures.length > 0) return 'revoked';
      if (isOver(await expiryOf(subkey), on)) return 'expired';
    }
    return 'sign-only';
  }
}
