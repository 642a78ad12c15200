import type { ReadMessage } from '#libs/contracts/read-message.js';
import type { IdentityPrints, ShownPrints } from './client-identity.js';

/** A message whose shape is right, with the keyed hashes of the identity it shows, as it comes before the guard. */
export interface Incoming {
  readonly read: ReadMessage;
  /** The broker's own word for the sender: token 2 of the stored subject. */
  readonly sender: string;
  readonly prints: IdentityPrints | undefined;
  /** The same identity under other versions of the key, which clients recorded earlier may still bear. */
  readonly earlierPrints?: readonly IdentityPrints[];
  /** SHA-256 of the bytes as they came, in hex. */
  readonly digest: string;
  /** The client id that the guard's key derives: from the whole identity; without an NI number from the case. For a client not known yet. */
  readonly derivedClient: string | undefined;
}

/** What the message shows, under every version of the key in use. */
export const shownBy = ({ prints, earlierPrints = [] }: Incoming): ShownPrints =>
  prints === undefined ? [] : [prints, ...earlierPrints];

export const caseOf = (incoming: Incoming): string | undefined => incoming.read.envelope.case;
