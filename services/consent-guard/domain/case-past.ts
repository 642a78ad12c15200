import type { GuardRecord } from './guard-record.js';
import { isCleared } from './guard-record.js';

/** Finds a record of the case by its id. */
export type Find = (id: string) => GuardRecord | undefined;

/** Of a case, what one agency knows: the messages that it sent or was cleared to get, and that stand, in the order they were cleared. */
export const knownTo = (agency: string, history: readonly GuardRecord[]): readonly GuardRecord[] =>
  history.filter(
    (record) =>
      isCleared(record) && (record.senderAgency === agency || record.recipientAgency === agency),
  );

/** From a message back to the first one that it rests on, through what each cites. The message itself comes first. */
export function threadOf(record: GuardRecord, find: Find): readonly GuardRecord[] {
  const thread: GuardRecord[] = [];
  for (
    let next: GuardRecord | undefined = record;
    next !== undefined && !thread.includes(next);
    next = next.cause === undefined ? undefined : find(next.cause)
  )
    thread.push(next);
  return thread;
}

/** The first message of the thread: of an answer to a referral that was passed on, the referrer's own referral. */
export const startOf = (record: GuardRecord, find: Find): string =>
  threadOf(record, find).at(-1)?.id ?? record.id;
