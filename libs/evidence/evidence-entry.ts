import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { verdictKinds } from '#libs/contracts/verdict.js';
import { canonicalText } from '#libs/digest/message-digest.js';

const commitment = z.base64().length(44);

/**
 * One decision as it stands in the tree, in canonical JSON (RFC 8785): who sent what kind of message to whom, the verdict, and the consents it
 * rests on. Of the message, of the client and of the rest of the guard's row there are commitments only: what opens them (a salt, the
 * client's key, a second salt) can be destroyed, and the tree still stands. Nothing in it tells a client who is known to the guard from one
 * who is not: `client` is there for every decision, made of a key of the moment where no client is concerned.
 */
export const evidenceEntry = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  ordinal: z.int().min(0),
  type: z.string().min(1),
  sender: z.string().min(1),
  to: z.string().min(1),
  recipient: z.string().min(1).optional(),
  verdict: z.enum(verdictKinds),
  reason: z.string().min(1).optional(),
  /** Ids of the messages that recorded them: leaves of this tree themselves. Only where something was let through, or waits. */
  consents: z.array(z.uuid()),
  recordedAt: z.iso.datetime({ precision: 3 }),
  /** SHA-256 of salt and message digest. */
  message: commitment,
  /** HMAC-SHA256 of `<id>/<ordinal>` under the client's key. */
  client: commitment,
  /** SHA-256 of a salt of its own and the canonical JSON of what else the row holds. */
  row: commitment,
});
export type EvidenceEntry = z.infer<typeof evidenceEntry>;

export const encodeEntry = (entry: EvidenceEntry): Buffer => Buffer.from(canonicalText(entry));

/** @returns undefined where the bytes are no entry, or not in canonical form. */
export function readEntry(bytes: Uint8Array): EvidenceEntry | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const parsed = evidenceEntry.safeParse(JSON.parse(text));
    return parsed.success && canonicalText(parsed.data) === text ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Commits to a message without telling it. Without the salt it can be neither checked nor guessed. */
export const messageCommitment = (saltThenDigest: Uint8Array): Buffer => hash('sha256', saltThenDigest, 'buffer');

export const clientCommitment = (clientKey: Uint8Array, { id, ordinal }: Pick<EvidenceEntry, 'id' | 'ordinal'>): Buffer =>
  createHmac('sha256', clientKey).update(`${id}/${ordinal}`).digest();

export const rowCommitment = (salt: Uint8Array, row: Readonly<Record<string, unknown>>): Buffer =>
  hash('sha256', Buffer.concat([salt, Buffer.from(canonicalText(row))]), 'buffer');

/** Does this commitment of an entry stand for what is shown? */
export const opens = (committed: string, shown: Buffer): boolean => {
  const bytes = Buffer.from(committed, 'base64');
  return bytes.length === shown.length && timingSafeEqual(bytes, shown);
};
