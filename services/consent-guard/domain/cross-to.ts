import type { Scope, Scopes } from './scope.js';
import {
  type DeliveredMessage,
  type MeshEnvelope,
  noBreachTerms,
  supportOnlyTerms,
} from '#libs/contracts/mesh-message.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { askBetween, isDpa1Current } from './ask-consent.js';
import type { DirectoryParty } from './directory.js';
import type { Effect } from './effect.js';
import type { GuardRecord } from './guard-record.js';
import type { Minimised } from './minimise.js';
import { passFields } from './pass-fields.js';
import { factsOf } from './record-of.js';
import { isUnasked } from './unasked.js';
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
  if (!rule.to.includes(recipient.kind) || recipient.id === record.sender)
    return refuse(record, 'recipient-not-allowed');
  if (recipient.agency === record.senderAgency) {
    const { data } = crossing.envelope;
    return clear(crossing, recipient, {
      data,
      facts: factsOf(rule.facts, data),
      consents: record.consents,
      verdict: { kind: 'cleared' },
    });
  }
  return rule.purpose === null
    ? refuse(record, 'recipient-not-allowed')
    : crossAgencies(crossing, recipient);
}

function crossAgencies(crossing: Crossing, recipient: DirectoryParty): Crossed {
  const { record, world, nowMs, envelope } = crossing;
  const rule = ruleOf(record.name);
  const purpose = rule.purpose;
  if (purpose === null || record.client === undefined)
    return refuse(record, 'no-consent-on-record', 'none');
  const scopes = world.scopesOf(record.client);
  const ask = askBetween(scopes, { from: record.senderAgency, to: recipient.agency }, nowMs);
  const main = ask(purpose);
  if (!main.allowed) return refuse(record, 'no-consent-on-record', main.why);
  if (isUnasked(record, purpose, recipient.agency, world.historyOf(record.caseId ?? '')))
    return refuse(record, 'no-consent-on-record', 'none');
  const passed = passFields(record.name, envelope.data, purpose, ask);
  if (passed.lacksRequired) return refuse(record, 'no-consent-on-record', 'excluded');
  const facts = factsOf(rule.facts, passed.data);
  if (record.name === 'tpr2.shared')
    facts['dpa1Current'] = isDpa1Current(
      world.recordLinesOf(record.client),
      recipient.agency,
      nowMs,
    );
  const consents = passed.consents.includes(main.consentId)
    ? passed.consents
    : [main.consentId, ...passed.consents];
  return clear(crossing, recipient, {
    data: passed.data,
    kinds: passed,
    facts,
    consents,
    lapsesAtMs: lapseOf(scopes, { from: record.senderAgency, to: recipient.agency }, consents),
    verdict: { kind: passed.leftOut ? 'cleared-in-part' : 'cleared' },
  });
}

/** When the first of these consents ends between two agencies. */
function lapseOf(
  scopes: Scopes,
  { from, to }: Pick<Scope, 'from' | 'to'>,
  consents: readonly string[],
): number {
  let lapse = Infinity;
  for (const scope of scopes.values())
    if (scope.from === from && scope.to === to && consents.includes(scope.consentId))
      lapse = Math.min(lapse, scope.validUntilMs);
  return lapse;
}

interface Passed extends Pick<GuardRecord, 'facts' | 'consents' | 'verdict'> {
  readonly data: MeshEnvelope['data'];
  readonly kinds?: Pick<Minimised, 'told' | 'withheld'>;
  readonly lapsesAtMs?: number;
}

function clear(
  { record: start, envelope, world }: Crossing,
  recipient: DirectoryParty,
  passed: Passed,
): Crossed {
  const { facts, consents, verdict, kinds, lapsesAtMs } = passed;
  const { id: to, kind: recipientKind, agency } = recipient;
  const record: GuardRecord = {
    ...start,
    recipient: to,
    recipientKind,
    recipientAgency: agency,
    facts,
    consents,
    verdict,
  };
  const message = messageTo(recipient, envelope, passed.data);
  if (verdict.kind === 'cleared-in-part') message.leftout = true;
  const terms = termsFor(recipientKind);
  if (terms !== undefined) message.terms = terms;
  const id = record.id;
  const deliver: Effect =
    kinds === undefined
      ? { kind: 'deliver', id, recipient: to, message }
      : {
          kind: 'deliver',
          id,
          recipient: to,
          message,
          told: kinds.told,
          withheld: kinds.withheld,
          ...(lapsesAtMs === undefined ? {} : { lapsesAtMs }),
        };
  const { caseId, client } = record;
  const isBound =
    caseId === undefined ||
    client === undefined ||
    world.case(caseId)?.agencies.has(agency) === true;
  return {
    record,
    effects: isBound
      ? [deliver]
      : [{ kind: 'bind-case', caseId, client, agency, office: to, reference: undefined }, deliver],
  };
}

function termsFor(kind: PartyKind): string | undefined {
  if (kind === 'jobcentre' || kind === 'contracted-provider') return supportOnlyTerms;
  return kind === 'probation' ? noBreachTerms : undefined;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The envelope as it goes on: field by field, without the sender's own reference of the case. (A spread copy that grows by two fields took as
 * long as all the rest of the decision.)
 */
function messageTo(
  { id: to }: DirectoryParty,
  envelope: MeshEnvelope,
  data: MeshEnvelope['data'],
): Writable<DeliveredMessage> {
  const { specversion, id, source, type, time } = envelope;
  const message: Writable<DeliveredMessage> = { specversion, id, source, type, time, to, data };
  if (envelope.datacontenttype !== undefined) message.datacontenttype = envelope.datacontenttype;
  if (envelope.case !== undefined) message.case = envelope.case;
  if (envelope.actor !== undefined) message.actor = envelope.actor;
  return message;
}

function refuse(record: GuardRecord, reason: MeshErrorCode, inner?: string): Crossed {
  const field = reason === 'no-consent-on-record' ? {} : { field: 'to' };
  return {
    record: { ...record, inner, verdict: { kind: 'refused', reason, ...field } },
    effects: [],
  };
}
