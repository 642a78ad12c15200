import { ruleOf } from '#libs/contracts/message-table.js';
import type { Problem } from '#libs/contracts/problem.js';
import type { FactValue, Notice, NoticeRequest } from '#libs/contracts/service-forms.js';
import { askBetween } from './ask-consent.js';
import { decideAgreementNotice } from './decide-agreement-notice.js';
import { decideInheritance } from './decide-inheritance.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { noticeAbout, referenceOf, requestShown } from './notice-about.js';
import { chainOf, isCarePlanReminder, sidesOf } from './notice-chain.js';
import { type Side, isToldBy } from './notice-content.js';
import { passFields } from './pass-fields.js';
import { factsOf, recordOf, refusal } from './record-of.js';
import type { World } from './world.js';

type Facts = Readonly<Record<string, FactValue>>;

/**
 * The router wants a person told. The guard takes discloser, case and facts from the cited record, checks that this record gives cause for
 * such a notice and that the person belongs to an agency that may know, and asks the consent question again, now. The router's word is
 * enough for nothing.
 */
export function decideNotice(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
  nowMs: number,
): Decision {
  const { envelope } = incoming.read;
  const request = envelope.data as NoticeRequest;
  if (request.kind === 'steps-inherited') return decideInheritance(incoming, sender, world);
  if (request.kind === 'agreement-lapsing') return decideAgreementNotice(incoming, sender, world);
  const chain = chainOf(request.cause, world.record);
  const root = chain.at(-1);
  if (root?.caseId === undefined)
    return refusal(incoming, sender, {
      code: 'cause-unknown',
      field: 'data.cause',
      detail: 'cause must lead to a message about a case',
    });
  const grounds = {
    client: root.client,
    caseId: root.caseId,
    cause: request.cause,
    facts: factsOf(incoming.read.rule.facts, envelope.data),
  };
  const reader = world.directory.partyOfPerson(request.person);
  const sides = reader === undefined ? [] : sidesOf(root, reader);
  if (reader === undefined || sides.length === 0)
    return refusal(incoming, sender, notEntitled, grounds);
  if (!isToldBy(chain, sides, request)) return refusal(incoming, sender, notTold, grounds);
  const told = factsFor(reader, sides, chain, { world, nowMs });
  if (told.problem !== undefined) return refusal(incoming, sender, told.problem, grounds);
  const notice: Notice = {
    ...requestShown(request),
    ...noticeAbout(request, reader, chain, world),
    caseReference: referenceOf(root.caseId, reader.id, world) ?? root.caseId,
    facts: withLaterFacts(told.facts, chain),
    audience: reader.kind,
  };
  const to = {
    recipient: 'svc_notifier',
    recipientKind: 'service' as const,
    recipientAgency: 'svc_notifier',
  };
  const record = recordOf(incoming, sender, { ...grounds, ...to, verdict: { kind: 'cleared' } });
  const { caseref: _none, ...open } = envelope;
  return {
    record,
    effects: [
      {
        kind: 'deliver',
        id: record.id,
        recipient: 'svc_notifier',
        message: { ...open, data: notice },
        root: root.id,
      },
    ],
    others: [],
  };
}

/** The newest record of the chain stands first, and its facts win over those of older ones. */
const withLaterFacts = (facts: Facts, chain: readonly GuardRecord[]): Facts =>
  Object.assign(
    { ...facts },
    ...chain
      .slice(0, -1)
      .toReversed()
      .map((record) => record.facts),
  );

type Told = { readonly facts: Facts; readonly problem?: undefined } | { readonly problem: Problem };

/**
 * The facts of the client's message that the reader may be told today. The sender's own: all. The recipient's: each under the consent it
 * travelled under, asked anew.
 */
function factsFor(
  reader: DirectoryParty,
  sides: readonly Side[],
  chain: readonly GuardRecord[],
  { world, nowMs }: { readonly world: World; readonly nowMs: number },
): Told {
  const root = chain.at(-1);
  if (root === undefined) return { problem: notEntitled };
  if (isCarePlanReminder(chain))
    return reader.kind === 'treatment-provider' ? { facts: {} } : { problem: notEntitled };
  const { purpose, consentFree } = ruleOf(root.name);
  if (sides.includes('sender') || consentFree === true) return { facts: root.facts };
  if (purpose === null || root.client === undefined) return { problem: notEntitled };
  const scopes = world.scopesOf(root.client);
  const ask = askBetween(scopes, { from: root.senderAgency, to: reader.agency }, nowMs);
  const passed = passFields(root.name, root.facts, purpose, ask);
  if (!ask(purpose).allowed || passed.lacksRequired) return { problem: noConsent };
  return { facts: { ...(passed.data as Facts), ...factsOf(['dpa1Current'], root.facts) } };
}

const notEntitled: Problem = {
  code: 'person-not-entitled',
  field: 'data.person',
  detail: 'the person may not be told of this',
};
const noConsent: Problem = { ...notEntitled, code: 'no-consent-on-record' };
const notTold: Problem = {
  code: 'cause-unknown',
  field: 'data.kind',
  detail: 'the record that is cited gives no cause for this notice',
};
