import type { Effect } from '../domain/effect.js';
import type { GuardRecord } from '../domain/guard-record.js';

/** A decision, ready to be written. */
export interface DecidedMessage {
  readonly records: readonly GuardRecord[];
  readonly effects: readonly Effect[];
}

export interface DeadLetter {
  readonly id: string;
  readonly party: string;
  readonly message: string | undefined;
  readonly code: string;
  readonly field: string | undefined;
  readonly detail: string;
  readonly body: Uint8Array | undefined;
}
