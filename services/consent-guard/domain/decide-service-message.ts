import type { MessageName } from '#libs/contracts/message-table.js';
import type {
  AgreementPut,
  DeadLetterReport,
  MailReport,
  PartyPut,
  PersonPut,
  Redrive,
  ReminderDue,
  ReminderKind,
  Route,
} from '#libs/contracts/service-forms.js';
import { isAgreementReminder } from '#libs/contracts/service-forms.js';
import { isPartyId, isServiceParty } from '#libs/contracts/party.js';
import type { Problem } from '#libs/contracts/problem.js';
import { decideNotice } from './decide-notice.js';
import { decideViewRelease } from './decide-view.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { Effect } from './effect.js';
import { isCleared } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { factsOf, recordOf, refusal } from './record-of.js';
import { releaseHeld } from './release-held.js';
import type { World } from './world.js';

/**
 * A message of one of the mesh's own services. None is believed: each is checked against the record it cites, and none can name a client,
 * a case or a payload.
 */
export function decideServiceMessage(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
  nowMs: number,
): Decision {
  const { name, envelope, address } = incoming.read;
  const wanted =
    name === 'people.mailbox-put' || name === 'notice.requested' ? 'svc_notifier' : 'mesh';
  const to = address.kind === 'party' ? address.party : address.kind;
  if (to !== wanted)
    return refusal(incoming, sender, {
      code: 'recipient-not-allowed',
      field: 'to',
      detail: `this type of message goes to ${wanted}`,
    });
  switch (name) {
    case 'directory.party-put':
      return putParty(incoming, sender, envelope.data as PartyPut);
    case 'directory.person-put':
      return accept(incoming, sender, [{ kind: 'put-person', person: envelope.data as PersonPut }]);
    case 'directory.agreement-put':
      return putAgreement(incoming, sender, envelope.data as AgreementPut, world);
    case 'people.mailbox-put':
      return passOn(incoming, sender);
    case 'deadletter.redrive':
      return accept(incoming, sender, [
        { kind: 'redrive', deadLetter: (envelope.data as Redrive).deadLetter },
      ]);
    case 'deadletter.reported':
      return accept(incoming, sender, [
        { kind: 'report-dead', report: envelope.data as DeadLetterReport },
      ]);
    case 'reminder.due':
      return reminderDue(incoming, sender, world);
    case 'mail.reported':
      return mailReported(incoming, sender, world);
    case 'route.answered':
      return releaseHeld(incoming, sender, envelope.data as Route, { world, nowMs });
    case 'client-view.released':
      return decideViewRelease(incoming, sender, world, nowMs);
    case 'notice.requested':
      return decideNotice(incoming, sender, world, nowMs);
    default:
      return refusal(incoming, sender, {
        code: 'sender-not-allowed',
        field: 'type',
        detail: 'services do not send this type of message',
      });
  }
}

const accept = (
  incoming: Incoming,
  sender: DirectoryParty,
  effects: readonly Effect[],
): Decision => ({
  record: recordOf(incoming, sender, {
    facts: factsOf(incoming.read.rule.facts, incoming.read.envelope.data),
    verdict: { kind: 'cleared' },
  }),
  effects,
  others: [],
});

/** A party's id is its account at the broker: none may bear a word that means something else there, nor pass for one of the services. */
function putParty(incoming: Incoming, sender: DirectoryParty, party: PartyPut): Decision {
  const isService = isServiceParty(party.party);
  if (
    isPartyId(party.party) &&
    isService === (party.kind === 'service') &&
    (isService || !party.party.startsWith('svc_'))
  )
    return accept(incoming, sender, [{ kind: 'put-party', party }]);
  const detail =
    'party ids beginning with svc_ and the kind service are the own services of the mesh; some words are reserved';
  return refusal(incoming, sender, { code: 'party-id-invalid', field: 'data.party', detail });
}

/** An agreement is between offices of two agencies. It lets nothing through and stops nothing: consent alone does. */
function putAgreement(
  incoming: Incoming,
  sender: DirectoryParty,
  agreement: AgreementPut,
  { directory }: World,
): Decision {
  const [one, other] = agreement.offices.map((office) => directory.party(office)?.agency);
  if (one !== undefined && other !== undefined && one !== other)
    return accept(incoming, sender, [{ kind: 'put-agreement', agreement }]);
  return refusal(incoming, sender, {
    code: 'recipient-unknown',
    field: 'data.offices',
    detail: 'offices must be two active parties of the directory, of two agencies',
  });
}

/** A mailbox goes to the notifier as it is: it is no client's, and nobody else gets it. */
function passOn(incoming: Incoming, sender: DirectoryParty): Decision {
  const { envelope } = incoming.read;
  const record = recordOf(incoming, sender, {
    recipient: 'svc_notifier',
    recipientKind: 'service',
    recipientAgency: 'svc_notifier',
    verdict: { kind: 'cleared' },
  });
  return {
    record,
    effects: [{ kind: 'deliver', id: envelope.id, recipient: 'svc_notifier', message: envelope }],
    others: [],
  };
}

const unknownCause = (field: string): Problem => ({
  code: 'cause-unknown',
  field: `data.${field}`,
  detail: `${field} must be the id of a record that it may rest on`,
});

/** What each kind of reminder may be counted from. A reminder's kind tells: a care plan exists, a claim runs. */
export const anchorsOf: Readonly<Record<ReminderKind, readonly MessageName[]>> = {
  'care-plan-review': ['careplan.agreed', 'careplan.reviewed', 'review.held'],
  'claim-interview-13': ['claim.started'],
  'claim-interview-26': ['claim.started'],
  'review-appointment': ['review.accepted'],
  'next-review': ['review.outcome'],
  'outcome-profile': ['careplan.agreed'],
  'consent-lapse': ['consent.recorded', 'dpa1.returned'],
  'agreement-lapse-8': ['directory.agreement-put'],
  'agreement-lapse-2': ['directory.agreement-put'],
};

function reminderDue(incoming: Incoming, sender: DirectoryParty, world: World): Decision {
  const due = incoming.read.envelope.data as ReminderDue;
  const anchor = world.record(due.anchor);
  if (
    anchor === undefined ||
    !isCleared(anchor) ||
    !anchorsOf[due.kind].includes(anchor.name) ||
    (anchor.client === undefined && !isAgreementReminder(due.kind))
  )
    return refusal(incoming, sender, unknownCause('anchor'));
  const facts = factsOf(incoming.read.rule.facts, incoming.read.envelope.data);
  const grounds = { facts, cause: anchor.id, client: anchor.client, caseId: anchor.caseId };
  return {
    record: recordOf(incoming, sender, { ...grounds, verdict: { kind: 'cleared' } }),
    effects: [],
    others: [],
  };
}

function mailReported(incoming: Incoming, sender: DirectoryParty, world: World): Decision {
  const report = incoming.read.envelope.data as MailReport;
  const notice = world.record(report.notice);
  if (
    notice?.name !== 'notice.requested' ||
    !isCleared(notice) ||
    notice.facts['person'] !== report.person
  )
    return refusal(incoming, sender, unknownCause('notice'));
  const facts = factsOf(incoming.read.rule.facts, incoming.read.envelope.data);
  const grounds = { facts, cause: notice.id, client: notice.client, caseId: notice.caseId };
  return {
    record: recordOf(incoming, sender, { ...grounds, verdict: { kind: 'cleared' } }),
    effects: [],
    others: [],
  };
}
