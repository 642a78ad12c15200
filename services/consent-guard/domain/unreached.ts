import { type GuardRecord, isCleared } from './guard-record.js';

/** A case that is bound to an agency. */
export interface Binding {
  readonly caseId: string;
  readonly agency: string;
}

/**
 * The agencies to which a case is bound by nothing but messages that never reached them: it is theirs no more, as if it had never been. What
 * an agency was given, and what it sent itself, stays a case of its own.
 * @param stopped the messages that a withdrawal stopped before they were given @param records the newest of each message of the client
 * @param isGiven whether a message that was stopped may have been given all the same
 */
export function unreachedBy(
  stopped: readonly GuardRecord[],
  records: readonly GuardRecord[],
  isGiven: (id: string) => boolean,
): readonly Binding[] {
  const gone = new Set(stopped.map(({ id }) => id));
  const bindings = stopped.flatMap(({ caseId, recipientAgency, senderAgency }) =>
    caseId === undefined || recipientAgency === undefined || recipientAgency === senderAgency
      ? []
      : [{ caseId, agency: recipientAgency }],
  );
  const isBound = ({ caseId, agency }: Binding): boolean =>
    records.some((record) => {
      if (record.caseId !== caseId) return false;
      if (record.senderAgency === agency) return isSent(record);
      const isStopped = gone.has(record.id) || !isCleared(record);
      return record.recipientAgency === agency && (!isStopped || isGiven(record.id));
    });
  const distinct = new Map(bindings.map((each) => [`${each.caseId}/${each.agency}`, each]));
  return [...distinct.values()].filter((each) => !isBound(each));
}

/** A message that was wrong bound no case to its sender. */
const isSent = ({ verdict }: GuardRecord): boolean =>
  verdict.kind !== 'refused' || verdict.reason === 'no-consent-on-record';
