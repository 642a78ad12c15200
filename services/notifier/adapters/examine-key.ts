import { types } from 'node:util';
import * as openpgp from 'openpgp';
import { type KeyPacketHead, keyPackets } from '../domain/key-packets.js';
import type { FitKey, KeyRefusal } from '../domain/sealer.js';

/** A fit key with the library's own object, kept so that it need not be parsed for every mail. */
export interface ExaminedKey extends FitKey {
  readonly key: openpgp.PublicKey;
  readonly encryptionPart: openpgp.PublicKey | openpgp.Subkey;
  /** The day asked for, or later where its owner's clock was ahead: before that, the library calls the key unusable. */
  readonly fitOn: Date;
}

interface ReadKey {
  readonly key: openpgp.PublicKey;
  readonly packets: readonly KeyPacketHead[];
}
type FitParts = Pick<ExaminedKey, 'encryptionPart' | 'fitOn'>;

/** Algorithms 25 to 28 came with RFC 9580 §9.1; GnuPG 2.2 reads none of them, not even in a version 4 key. */
const { x25519, x448, ed25519, ed448 } = openpgp.enums.publicKey;
const newAlgorithms: ReadonlySet<openpgp.enums.publicKey> = new Set([x25519, x448, ed25519, ed448]);
/** What the library knows; the numbers beyond are post-quantum. */
const knownAlgorithms: ReadonlySet<number> = new Set(
  Object.values(openpgp.enums.publicKey).filter((value) => typeof value === 'number'),
);
const leastRsaBits = 2048;

/**
 * Whether a public key can be used to reach `address` on a day, which may lie ahead, and if not, why. A key is examined before it is pinned, and again,
 * for the very moment, before each mail: keys expire. Nothing counts but what the key itself has signed.
 */
export async function examineKey(
  armored: string,
  address: string,
  day: Date,
): Promise<ExaminedKey | KeyRefusal> {
  const plain = plainText(armored);
  const read = await readOneKey(plain);
  if (typeof read === 'string') return read;
  const { key } = read;
  let refusal: KeyRefusal = 'self-signature-bad';
  for (const on of daysToLook(key, day)) {
    const judged = await judge(read, address, on);
    if (typeof judged !== 'string')
      return {
        fingerprint: key.getFingerprint(),
        encryptionKeyId: judged.encryptionPart.getKeyID().toHex(),
        armored: plain,
        key,
        ...judged,
      };
    // A signature of tomorrow does not verify today: the first other reason is the true one.
    if (refusal === 'self-signature-bad') refusal = judged;
  }
  return refusal;
}

/** Windows PowerShell and Notepad put a mark in front. A program that took UTF-16 for something else leaves a zero at every letter. */
const plainText = (text: string): string =>
  text.replace(/^[\ufeff\ufffd]+/, '').replaceAll('\0', '');

/**
 * The day asked for, then those on which more of the key begins: its owner's clock may be ahead of ours, and a key is never too young, only
 * too old. These dates are not verified and need not be: they only say when to look, and what is seen then has to verify.
 */
function daysToLook({ keyPacket, users, subkeys }: openpgp.PublicKey, day: Date): readonly Date[] {
  const dates = [
    keyPacket.created,
    ...users.flatMap((user) => user.selfCertifications.map(({ created }) => created)),
    ...subkeys.flatMap((subkey) => [
      subkey.keyPacket.created,
      ...subkey.bindingSignatures.map(({ created }) => created),
    ]),
  ];
  const ahead = new Set(
    dates.map((date) => date?.getTime() ?? 0).filter((time) => time > day.getTime()),
  );
  return [day, ...[...ahead].sort((a, b) => a - b).map((time) => new Date(time))];
}

async function judge(
  { key, packets }: ReadKey,
  address: string,
  on: Date,
): Promise<FitParts | KeyRefusal> {
  const flaw = flawOf(key.keyPacket);
  if (flaw !== undefined) return flaw;
  if (await key.isRevoked(undefined, undefined, on)) return 'revoked';
  const userFlaw = await flawOfUsers(key, address, on);
  if (userFlaw !== undefined) return userFlaw;
  try {
    await key.verifyPrimaryKey(on);
  } catch {
    return 'expired';
  }
  const encryptionPart = await encryptionKeyOf(key, on);
  if (typeof encryptionPart !== 'string') return { encryptionPart, fitOn: on };
  // The library passes over a subkey that it cannot read: it is the one that would encrypt.
  return encryptionPart === 'sign-only' ? (flawOfUnread(packets) ?? 'sign-only') : encryptionPart;
}

async function readOneKey(armored: string): Promise<ReadKey | KeyRefusal> {
  // The library would parse the first block of several; a person who pastes two must be asked which.
  if (armored.includes('-----BEGIN PGP PRIVATE KEY BLOCK-----')) return 'secret-key';
  if (armored.split('-----BEGIN PGP').length !== 2)
    return armored.includes('-----BEGIN PGP') ? 'several-keys' : 'not-a-key';
  try {
    const { data } = await openpgp.unarmor(armored);
    if (!types.isUint8Array(data)) return 'not-a-key';
    const packets = keyPackets(data);
    if (packets.some(({ kind }) => kind === 'secret')) return 'secret-key';
    const primary = packets.filter(({ kind }) => kind === 'primary');
    if (primary.length > 1) return 'several-keys';
    const unread = flawOfUnread(primary);
    if (unread !== undefined) return unread;
    const [key] = await openpgp.readKeys({ armoredKeys: armored });
    return key === undefined ? 'not-a-key' : { key, packets };
  } catch {
    return 'not-a-key';
  }
}

/** A kind of key that is newer than the library, or older, and so is no key to it. */
function flawOfUnread(packets: readonly KeyPacketHead[]): KeyRefusal | undefined {
  if (packets.some(({ version }) => version !== 4)) return 'version-not-4';
  return packets.some(({ algorithm }) => !knownAlgorithms.has(algorithm))
    ? 'algorithm-too-new'
    : undefined;
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

/** The library never compares a key's user ids with an address: anybody's key would do for anybody. */
async function flawOfUsers(
  key: openpgp.PublicKey,
  address: string,
  on: Date,
): Promise<KeyRefusal | undefined> {
  const named = key.users.filter((user) => user.userID !== null);
  if (named.length === 0) return 'no-user-id';
  const signed = named.filter((user) => user.selfCertifications.length > 0);
  if (signed.length === 0) return 'self-signature-missing';
  const verified: openpgp.User[] = [];
  for (const user of signed) if (await succeeds(() => user.verify(on))) verified.push(user);
  if (verified.length === 0) return whyNoneVerifies(signed, on);
  const wanted = address.toLowerCase();
  return verified.some(({ userID }) => userID?.email.toLowerCase() === wanted)
    ? undefined
    : 'address-differs';
}

/** A user id that was good when it was signed has been revoked since, or its signature has run out. */
async function whyNoneVerifies(users: readonly openpgp.User[], on: Date): Promise<KeyRefusal> {
  for (const user of users)
    for (const signature of user.selfCertifications) {
      const { created } = signature;
      if (created === null || created > on) continue;
      if (await user.isRevoked(signature, undefined, on)) return 'revoked';
      if (await succeeds(() => user.verify(created))) return 'expired';
    }
  return 'self-signature-bad';
}

/**
 * The newest part that encrypts and that all readers can use. Asked for any, the library takes the newest, also one of a curve that it cannot
 * encrypt to. Where there is none, the parts are asked one by one why, the newest first.
 */
async function encryptionKeyOf(
  key: openpgp.PublicKey,
  on: Date,
): Promise<openpgp.PublicKey | openpgp.Subkey | KeyRefusal> {
  const subkeys = [...key.subkeys].sort(
    (a, b) => b.getCreationTime().getTime() - a.getCreationTime().getTime(),
  );
  for (const part of [...subkeys, key]) {
    if (flawOf(part.keyPacket) !== undefined) continue;
    if (await succeeds(() => key.getEncryptionKey(part.getKeyID(), on))) return part;
  }
  for (const subkey of subkeys) {
    const refusal = flawOf(subkey.keyPacket) ?? (await whyNotBound(subkey, on));
    if (refusal !== undefined) return refusal;
  }
  return 'sign-only';
}

/** Undefined where the subkey is the key's own and stands: then it does not encrypt. */
async function whyNotBound(subkey: openpgp.Subkey, on: Date): Promise<KeyRefusal | undefined> {
  if (await succeeds(() => subkey.verify(on))) return undefined;
  for (const signature of subkey.bindingSignatures) {
    const { created } = signature;
    if (created === null || created > on) continue;
    if (await subkey.isRevoked(signature, subkey.mainKey.keyPacket, on)) return 'revoked';
    if (await succeeds(() => subkey.verify(created))) return 'expired';
  }
  return 'self-signature-bad';
}

async function succeeds(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await attempt()) !== false;
  } catch {
    return false;
  }
}
