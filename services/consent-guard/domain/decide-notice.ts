import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { Notice, NoticeRequest } from '#libs/contracts/service-forms.js';
import { askConsent } from './ask-consent.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { factsOf, recordOf, refusal } from './record-of.js';
import type { World } from './world.js';

/** How far a notice may lie from the client's message: mail report → notice → reminder → its anchor, with one more to spare. */
const longestChain = 5;

/**
 * The router wants a person told. The guard takes discloser, case and facts from the cited record, checks that the person belongs to an
 * agency that may know, and asks the consent question again, now. The router's word is enough for nothing.
 */
export function decideNotice(incoming: Incoming, sender: DirectoryParty, world: World, nowMs: number): Decision {
  const { envelope } = incoming.read;
  const request = envelope.data as NoticeRequest;
  const chain = chainOf(request.cause, world);
  const root = chain.at(-1);
  if (root === undefined || root.client === undefined || root.caseId === undefined)
    return refusal(incoming, sender, { code: 'cause-unknown', field: 'data.cause', detail: 'cause must lead to a message about a case' });
  const grounds = {
    client: root.client,
    caseId: root.caseId,
    cause: request.cause,
    facts: factsOf(incoming.read.rule.facts, envelope.data),
  };
  const reader = world.directory.partyOfPerson(request.person);
  const denied = reader === undefined ? 'person-not-entitled' : whyNot(root, reader, world, nowMs);
  if (reader === undefined || denied !== undefined)
    return refusal(
      incoming,
      sender,
      { code: denied ?? 'person-not-entitled', field: 'data.person', detail: 'the person may not be told of this' },
      grounds,
    );
  const notice: Notice = {
    ...request,
    caseReference: world.case(root.caseId)?.agencies.get(reader.agency) ?? root.caseId,
    facts: Object.assign({}, ...chain.toReversed().map((record) => record.facts)),
    audience: reader.kind,
  };
  const to = { recipient: 'svc_notifier', recipientKind: 'service' as const, recipientAgency: 'svc_notifier' };
  const record = recordOf(incoming, sender, { ...grounds, ...to, verdict: { kind: 'cleared' } });
  const { caseref: _none, ...open } = envelope;
  return {
    record,
    effects: [{ kind: 'deliver', id: record.id, recipient: 'svc_notifier', message: { ...open, data: notice } }],
    others: [],
  };
}

/** From the cited record back to the client's own message: through notices, mail reports and reminders, never further. */
function chainOf(cause: string, world: World): readonly GuardRecord[] {
  const chain: GuardRecord[] = [];
  for (let next: string | undefined = cause; next !== undefined && chain.length < longestChain;) {
    const record = world.record(next);
    if (record === undefined) return [];
    chain.push(record);
    next = record.senderKind === 'service' ? record.cause : undefined;
  }
  return chain.at(-1)?.senderKind === 'service' ? [] : chain;
}

function whyNot(root: GuardRecord, reader: DirectoryParty, world: World, nowMs: number): MeshErrorCode | undefined {
  if (reader.agency === root.senderAgency) return undefined;
  if (reader.agency !== root.recipientAgency || !isCleared(root) || root.client === undefined) return 'person-not-entitled';
  const rule = ruleOf(root.name);
  if (rule.consentFree === true) return undefined;
  if (rule.purpose === null) return 'person-not-entitled';
  const question = { from: root.senderAgency, to: reader.agency, purpose: rule.purpose };
  return askConsent(world.scopesOf(root.client), question, nowMs).allowed ? undefined : 'no-consent-on-record';
}
