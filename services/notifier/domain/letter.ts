import type { CalendarEntry } from './calendar-entry.js';

/** Who the mesh is in mail. None of it names the service, a client or treatment: all of it is seen by every relay on the way. */
export interface SenderIdentity {
  /** From, envelope sender and the signing key's user id: a bare address, no display name. */
  readonly address: string;
  /** Where replies go: an address that refuses them, because a reply would quote the mail, and not always sealed. */
  readonly replyTo: string;
  /** Domain of every Message-ID. */
  readonly idDomain: string;
}

/** One mail before it is sealed. `messageId` is without angle brackets and never changes for the same notice. */
export interface Letter {
  readonly messageId: string;
  /** A bare address, `local@domain`, ASCII. */
  readonly to: string;
  readonly date: Date;
  /** The real subject, seen only inside. */
  readonly subject: string;
  readonly text: string;
  readonly calendar?: CalendarEntry;
}

export type HeaderField = readonly [name: string, value: string];

/** RFC 5322 §3.3. */
export const mailDate = (at: Date): string => at.toUTCString().replace('GMT', '+0000');
