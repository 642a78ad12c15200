import type { SealedMail } from './sealed-mail.js';
import type { SendOutcome } from './send-ledger.js';

export interface SendJourney {
  /** Opaque, fixed per notice; a bounce names it (RFC 3461 §4.4). */
  readonly envelopeId: string;
  /** Called once, before the first byte of the body leaves, and awaited: what it writes down outlives the process. */
  readonly onBodyStarts: () => Promise<void>;
}

/** Hands one sealed mail to the relay. Never throws for what a relay or a network does: that is an outcome. */
export abstract class Courier {
  abstract carry(mail: SealedMail, journey: SendJourney): Promise<SendOutcome>;
  /** Idempotent; waits for mails on their way. */
  abstract stop(): Promise<void>;
}
