import { z } from 'zod';
import { factValue, partyPutForm, personPutForm } from './service-forms.js';
import { verdictKinds } from './verdict.js';
import { partyKinds } from './party.js';

/**
 * What is told of each decision to those who follow: the envelope, the verdict and the marked facts; never identity, never free text.
 * One event a record, several in a message (a JSON array, in the order in which they were recorded): a message that waited and was then routed gives two, told apart by `verdict`. `to` is the party it was delivered
 * to, or the address while it waits. `seq` grows with the records of the guard: of two events of a case the greater is the later.
 * Idempotency key: `id` + `verdict`.
 */
export const meshEventSchema = z.strictObject({
  id: z.string(),
  seq: z.int(),
  type: z.string(),
  verdict: z.enum(verdictKinds),
  reason: z.string().optional(),
  sender: z.string(),
  senderKind: z.enum([...partyKinds, 'guard']),
  to: z.string(),
  recipientKind: z.enum(partyKinds).optional(),
  case: z.string().optional(),
  actor: z.string().optional(),
  time: z.string(),
  recordedAt: z.string(),
  facts: z.record(z.string(), factValue),
  /** The record that this one rests on: the cited referral, the notice of a mail report, the anchor of a reminder. */
  cause: z.string().optional(),
  directory: z.union([partyPutForm, personPutForm]).optional(),
});
export type MeshEvent = z.infer<typeof meshEventSchema>;
