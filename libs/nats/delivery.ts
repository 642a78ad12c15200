import type { MeshErrorCode } from '#libs/contracts/error-codes.js';

/** A message as a stream gave it. `deliveries` counts from 1 and may be higher than the truth after a crash, never lower. */
export interface Delivery {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Its place in the stream. */
  readonly seq: number;
  readonly redelivered: boolean;
  readonly deliveries: number;
}

/** What becomes of a delivery: done with · again later · kept among the dead letters with its reason, then done with. */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'nak'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly code: MeshErrorCode; readonly reason: string };
