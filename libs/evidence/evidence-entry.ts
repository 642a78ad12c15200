import { hash } from 'node:crypto';
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
const evidenceEntry = z.strictObject({
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
  /** SHA-256 of the client's key (64 hex digits) and `<id>/<ordinal>`, one after the other as text. */
  client: commitment,
  /** SHA-256 of a salt of its own (32 hex digits) and the canonical JSON of what else the row holds, one after the other as text. */
  row: commitment,
});
export type EvidenceEntry = z.infer<typeof evidenceEntry>;

/** The canonical text: what is hashed as the leaf. */
export const entryText = (entry: EvidenceEntry): string => canonicalText(entry);

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

/*
 * Commitments, in base64: each stands for what it was made of without telling it. Without its salt or key, which has one length for all and is
 * drawn at random, it can be neither checked nor guessed. Salts and keys in hex.
 */

export const messageCommitment = (salt: string, digest: string): string =>
  hash('sha256', Buffer.from(salt + digest, 'hex'), 'base64');

export const clientCommitment = (
  clientKey: string,
  { id, ordinal }: Pick<EvidenceEntry, 'id' | 'ordinal'>,
): string => hash('sha256', `${clientKey}${id}/${ordinal}`, 'base64');

/** @param row in canonical JSON */
export const rowCommitment = (salt: string, row: string): string =>
  hash('sha256', salt + row, 'base64');
