import type { DirectoryParty } from './directory.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import type { Side } from './notice-content.js';

/** How far a notice may lie from the client's message: two mail reports with their notices → reminder → its anchor. */
const longestChain = 6;

/**
 * From the cited record back to the client's own message (last): through notices, mail reports and reminders, never further. Empty where it
 * does not lead to one.
 */
export function chainOf(
  cause: string,
  recordOf: (id: string) => GuardRecord | undefined,
): readonly GuardRecord[] {
  const chain: GuardRecord[] = [];
  for (let next: string | undefined = cause; next !== undefined && chain.length < longestChain;) {
    const record = recordOf(next);
    if (record === undefined) return [];
    chain.push(record);
    next = record.senderKind === 'service' ? record.cause : undefined;
  }
  return chain.at(-1)?.senderKind === 'service' ? [] : chain;
}

/** On which side of the client's message the reader's agency stands. Who never got it stands on none. */
export function sidesOf(
  root: GuardRecord,
  reader: Pick<DirectoryParty, 'agency'>,
): readonly Side[] {
  const isRecipient = reader.agency === root.recipientAgency && isCleared(root);
  return [
    ...(reader.agency === root.senderAgency ? (['sender'] as const) : []),
    ...(isRecipient ? (['recipient'] as const) : []),
  ];
}

/** A provider's reminder about its own client rests on no consent to share, though a review at the job centre may be its anchor. */
export const isCarePlanReminder = (chain: readonly GuardRecord[]): boolean =>
  chain.some(({ name, facts }) => name === 'reminder.due' && facts['kind'] === 'care-plan-review');
