import type { Problem } from '#libs/contracts/problem.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';
import type { Incoming } from './incoming.js';

/** What a decision adds to what the message says of itself. */
type Decided = Pick<GuardRecord, 'verdict'> &
  Partial<
    Pick<
      GuardRecord,
      | 'recipient'
      | 'recipientKind'
      | 'recipientAgency'
      | 'caseId'
      | 'client'
      | 'facts'
      | 'cause'
      | 'consents'
      | 'inner'
    >
  >;

/** A record of this message with nothing decided but what is given. Field by field: made for every message, and spreading is far slower. */
export function recordOf(
  incoming: Incoming,
  sender: DirectoryParty | undefined,
  decided: Decided,
): GuardRecord {
  const { envelope, name } = incoming.read;
  return {
    id: envelope.id,
    ordinal: 0,
    name,
    sender: incoming.sender,
    senderKind: sender?.kind ?? 'service',
    senderAgency: sender?.agency ?? incoming.sender,
    to: envelope.to,
    recipient: decided.recipient,
    recipientKind: decided.recipientKind,
    recipientAgency: decided.recipientAgency,
    caseId: decided.caseId ?? envelope.case,
    client: decided.client,
    actor: envelope.actor,
    time: envelope.time,
    digest: incoming.digest,
    facts: decided.facts ?? {},
    cause: decided.cause,
    consents: decided.consents ?? [],
    inner: decided.inner,
    verdict: decided.verdict,
  };
}

export function refusal(
  incoming: Incoming,
  sender: DirectoryParty | undefined,
  problem: Problem,
  more: Omit<Decided, 'verdict'> = {},
): Decision {
  const verdict = {
    kind: 'refused' as const,
    reason: problem.code,
    detail: problem.detail,
    ...(problem.field === undefined ? {} : { field: problem.field }),
  };
  return { record: recordOf(incoming, sender, { ...more, verdict }), effects: [], others: [] };
}

/** The marked facts of a message's form: dates and outcomes, as scalars; a list of words (the purposes kept) as words separated by spaces. */
export function factsOf(
  names: readonly string[],
  data: Readonly<Record<string, unknown>>,
): Record<string, FactValue> {
  const facts: Record<string, FactValue> = {};
  for (const name of names) {
    const given = data[name];
    const value = Array.isArray(given) ? given.join(' ') : given;
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
      facts[name] = value;
  }
  return facts;
}
