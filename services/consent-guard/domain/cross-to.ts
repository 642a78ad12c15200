import { type DeliveredMessage, type MeshEnvelope, supportOnlyTerms } from '#libs/contracts/mesh-message.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import { askConsent, isDpa1Current } from './ask-consent.js';
import type { DirectoryParty } from './directory.js';
import type { Effect } from './effect.js';
import type { GuardRecord } from './guard-record.js';
import type { Minimised } from './minimise.js';
import { passFields } from './pass-fields.js';
import { factsOf } from './record-of.js';
import type { World } from './world.js';

export interface Crossing {
  /** The record as far as it is known: sender, case, client. */
  readonly record: GuardRecord;
  readonly envelope: MeshEnvelope;
  readonly recipient: string;
  readonly world: World;
  readonly nowMs: number;
}

export interface Crossed {
  readonly record: GuardRecord;
  readonly effects: readonly Effect[];
}

/**
 * May this message go from its sender to that party? Within one agency it may, whole. To another only what the client's recorded consent
 * covers, and not at all where the form makes no sense without what is left out. Asked for a message addressed to a party, for one that was
 * held for a route, and again on every replay.
 */
export function crossTo(crossing: Crossing): Crossed {
  const { record, world } = crossing;
  const recipient = world.directory.party(crossing.recipient);
  if (recipient === undefined) return refuse(record, 'recipient-unknown');
  const rule = ruleOf(record.name);
  if (!rule.to.includes(recipient.kind) || recipient.id === record.sender) return refuse(record, 'recipient-not-allowed');
  const to = { recipient: recipient.id, recipientKind: recipient.kind, recipientAgency: recipient.agency };
  if (recipient.agency === record.senderAgency) {
    const facts = factsOf(rule.facts, crossing.envelope.data);
    return clear({ ...record, ...to, facts, verdict: { kind: 'cleared' } }, crossing, recipient, { data: crossing.envelope.data });
  }
  return rule.purpose === null ? refuse(record, 'recipient-not-allowed') : crossAgencies(crossing, recipient, to);
}

type Recipient = Pick<GuardRecord, 'recipient' | 'recipientKind' | 'recipientAgency'>;

function crossAgencies(crossing: Crossing, recipient: DirectoryParty, to: Recipient): Crossed {
  const { record, world, nowMs, envelope } = crossing;
  const rule = ruleOf(record.name);
  const purpose = rule.purpose;
  if (purpose === null || record.client === undefined) return refuse(record, 'no-consent-on-record', 'none');
  const scopes = world.scopesOf(record.client);
  const ask = (forPurpose: typeof purpose) =>
    askConsent(scopes, { from: record.senderAgency, to: recipient.agency, purpose: forPurpose }, nowMs);
  const main = ask(purpose);
  if (!main.allowed) return refuse(record, 'no-consent-on-record', main.why);
  const passed = passFields(record.name, envelope.data, purpose, ask);
  if (passed.lacksRequired) return refuse(record, 'no-consent-on-record', 'excluded');
  const dpa1 = record.name === 'tpr2.shared' ? { dpa1Current: isDpa1Current(scopes, recipient.agency, nowMs) } : {};
  const cleared: GuardRecord = {
    ...record,
    ...to,
    facts: { ...factsOf(rule.facts, passed.data), ...dpa1 },
    consents: [...new Set([main.consentId, ...passed.consents])],
    verdict: { kind: passed.leftOut ? 'cleared-in-part' : 'cleared' },
  };
  return clear(cleared, crossing, recipient, passed);
}

type Passed = Pick<Minimised, 'data'> & Partial<Pick<Minimised, 'told' | 'withheld'>>;

function clear(record: GuardRecord, { envelope, world }: Crossing, recipient: DirectoryParty, { data, told, withheld }: Passed): Crossed {
  const { caseref: _own, ...open } = envelope;
  const forJobCentre = recipient.kind === 'jobcentre' || recipient.kind === 'contracted-provider';
  const message: DeliveredMessage = {
    ...open,
    to: recipient.id,
    data,
    ...(record.verdict.kind === 'cleared-in-part' ? { leftout: true as const } : {}),
    ...(forJobCentre ? { terms: supportOnlyTerms } : {}),
  };
  const { caseId, client } = record;
  const isBound = caseId === undefined || client === undefined || world.case(caseId)?.agencies.has(recipient.agency) === true;
  const bind: Effect[] = isBound ? [] : [{ kind: 'bind-case', caseId, client, agency: recipient.agency, reference: undefined }];
  const kinds = { ...(told === undefined ? {} : { told: [...told] }), ...(withheld === undefined ? {} : { withheld: [...withheld] }) };
  return { record, effects: [...bind, { kind: 'deliver', id: record.id, recipient: recipient.id, message, ...kinds }] };
}

function refuse(record: GuardRecord, reason: MeshErrorCode, inner?: string): Crossed {
  const field = reason === 'no-consent-on-record' ? {} : { field: 'to' };
  return { record: { ...record, inner, verdict: { kind: 'refused', reason, ...field } }, effects: [] };
}
