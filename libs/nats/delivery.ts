import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import { uuidVersion } from '#libs/contracts/message-id.js';

/** What was given to this party, or told to it. `deliveries` counts from 1 and may be higher than the truth after a crash, never lower. */
export interface Delivery {
  readonly message: unknown;
  /** Grows in the order in which messages are to be read: the place of a delivery, the number of an event. */
  readonly place: number;
  readonly deliveries: number;
}

/** What becomes of a delivery: done with · again later · kept among the dead letters with its reason, then done with. */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'nak'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly code: MeshErrorCode; readonly reason: string };

/** Keeps a dead letter with its reason. When it fails the message comes again: nothing is dropped unrecorded. */
export type KeepDead = (delivery: Delivery, code: MeshErrorCode, reason: string) => Promise<void>;

/** The id that a message names, where it has one: for a report about it. */
export function idOfDelivery({ message }: Delivery): string | undefined {
  const id = (message as { id?: unknown } | null)?.id;
  return typeof id === 'string' && uuidVersion(id) !== undefined ? id : undefined;
}
