import type { Effect } from './effect.js';
import type { GuardRecord } from './guard-record.js';

/**
 * What the guard decided of one message: its record, what else it does, and second records of other messages that it ends
 * (a route that came ends a wait). A value; nothing happened yet.
 */
export interface Decision {
  readonly record: GuardRecord;
  readonly effects: readonly Effect[];
  readonly others: readonly GuardRecord[];
}
