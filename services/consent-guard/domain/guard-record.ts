import type { MessageName } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { StopReason, Verdict } from '#libs/contracts/verdict.js';

/**
 * One decision, as a row: who sent what kind of message to whom, the verdict and what it rested on; never content.
 * `ordinal` 0 is the first record of a message; a later one ends what waited or stood (`stopped`, or `cleared` after `waiting`).
 */
export interface GuardRecord {
  readonly id: string;
  readonly ordinal: number;
  readonly name: MessageName;
  readonly sender: string;
  readonly senderKind: PartyKind | 'guard';
  readonly senderAgency: string;
  /** The address as written. */
  readonly to: string;
  /** The party it was cleared to, if any. */
  readonly recipient: string | undefined;
  readonly recipientKind: PartyKind | undefined;
  readonly recipientAgency: string | undefined;
  readonly caseId: string | undefined;
  readonly client: string | undefined;
  readonly actor: string | undefined;
  readonly time: string;
  /** SHA-256 of the message as it came, in hex: what the salted commitment is made of, and how a repeat is told from another message. */
  readonly digest: string;
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly cause: string | undefined;
  readonly consents: readonly string[];
  /** What distinguishes a refusal inside (none, withdrawn, lapsed, …); never shown outside. */
  readonly inner: string | undefined;
  readonly verdict: Verdict;
}

export const isCleared = (record: Pick<GuardRecord, 'verdict'>): boolean =>
  record.verdict.kind === 'cleared' || record.verdict.kind === 'cleared-in-part';

/** The second record of a message that reached nobody after all. */
export const stopRecord = (record: GuardRecord, reason: StopReason): GuardRecord => ({
  ...record,
  ordinal: record.ordinal + 1,
  verdict: { kind: 'stopped', reason },
});

export const reasonOf = (verdict: Verdict): string | undefined =>
  verdict.kind === 'refused' || verdict.kind === 'stopped' ? verdict.reason : undefined;
