import type { Problem } from '#libs/contracts/problem.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';
import type { Incoming } from './incoming.js';

/** A record of this message with nothing decided but what is given. */
export function recordOf(
  incoming: Incoming,
  sender: DirectoryParty | undefined,
  decided: Partial<GuardRecord> & Pick<GuardRecord, 'verdict'>,
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
    recipient: undefined,
    recipientKind: undefined,
    recipientAgency: undefined,
    caseId: envelope.case,
    client: undefined,
    actor: envelope.actor,
    time: envelope.time,
    digest: incoming.digest,
    facts: {},
    cause: undefined,
    consents: [],
    inner: undefined,
    ...decided,
  };
}

export function refusal(
  incoming: Incoming,
  sender: DirectoryParty | undefined,
  problem: Problem,
  more: Partial<GuardRecord> = {},
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
export function factsOf(names: readonly string[], data: Readonly<Record<string, unknown>>): Record<string, FactValue> {
  const facts: Record<string, FactValue> = {};
  for (const name of names) {
    const given = data[name];
    const value = Array.isArray(given) ? given.join(' ') : given;
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') facts[name] = value;
  }
  return facts;
}
