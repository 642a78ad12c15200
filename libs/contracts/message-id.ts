import { createHash } from 'node:crypto';
import type { ServiceParty } from './party.js';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The version of a lower-case RFC 9562 UUID, or undefined when the text is none. */
export const uuidVersion = (text: string): number | undefined =>
  uuidPattern.test(text) ? Number(text[versionAt]) : undefined;
const versionAt = 14;

/** When a UUIDv7 was made, in milliseconds since 1970 (RFC 9562, section 5.7: its first 48 bits). */
export const uuidV7Time = (id: string): number =>
  Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** A UUIDv7 of the given instant. `random` are at least 10 bytes from a cryptographic source. */
export function uuidV7(atMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.floor(atMs), 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  return formatUuid(bytes, 7);
}

/**
 * The id of an effect: the same cause, effect and step always give the same id, so that a repeat is recognised whoever is on duty
 * that day. A UUIDv8 (RFC 9562, section 5.8) of SHA-256.
 */
export function effectId(cause: string, effect: string, step: string | number = ''): string {
  const digest = createHash('sha256').update(`${cause}\n${effect}\n${step}`).digest();
  return formatUuid(digest.subarray(0, 16), 8);
}

/**
 * The id of a message that a service puts out because of another: an effect's id whose first 16 bits are the service's mark. The guard takes
 * such an id from nobody else, so that no service can use up an id before the one whose it is, though all can compute it.
 */
export function ownEffectId(
  owner: ServiceParty,
  cause: string,
  effect: string,
  step: string | number = '',
): string {
  return `${markOf(owner)}${effectId(cause, effect, step).slice(4)}`;
}

export const isOwnEffectId = (owner: ServiceParty, id: string): boolean =>
  uuidVersion(id) === 8 && id.startsWith(markOf(owner));

const markOf = (owner: ServiceParty): string =>
  createHash('sha256').update(owner).digest('hex').slice(0, 4);

/** The digest of a message that the guard makes itself: what it contains follows from its id. SHA-256, in hex. */
export const ownDigest = (id: string): string => createHash('sha256').update(id).digest('hex');

function formatUuid(bytes: Buffer, version: 7 | 8): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
