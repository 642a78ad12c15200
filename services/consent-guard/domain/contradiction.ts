import type { MessageName } from '#libs/contracts/message-table.js';
import type { Problem } from '#libs/contracts/problem.js';
import { newestOutcome } from './appointment-record.js';
import {
  appointmentStands,
  noOutcomeYet,
  notYetAttended,
  nothingBooked,
  oneOutcome,
  outcomeOfStanding,
} from './appointment-rules.js';
import { type Find, knownTo } from './case-past.js';
import type { DirectoryParty } from './directory.js';
import { type GuardRecord, reasonOf } from './guard-record.js';
import { type Held, type Rule, against, shown } from './held-rule.js';
import type { Incoming } from './incoming.js';
import { notEndedYet, notPassedOn } from './settled-rules.js';
import { isInHoursOfReviews } from './review-hours.js';
import { isOver, isTimeOpen, reviewOf } from './review-record.js';

/**
 * What on record stands against a message, in words for its sender: ids, dates and times, and nothing of the client. Asked once, when a
 * message first comes. Two senders whose messages cross on the road are each judged by what was there before.
 */
export function contradiction(
  { read }: Incoming,
  sender: DirectoryParty,
  grounds: {
    readonly cited: GuardRecord | undefined;
    readonly history: readonly GuardRecord[];
    readonly find: Find;
  },
): Problem | undefined {
  const rules = rulesOf[read.name];
  if (rules === undefined) return undefined;
  const held: Held = {
    name: read.name,
    data: read.envelope.data,
    sender,
    to: read.address.kind === 'party' ? read.address.party : undefined,
    cited: grounds.cited,
    known: knownTo(sender.agency, grounds.history),
    untold: cancelledUntold(sender.agency, grounds.history),
    find: grounds.find,
  };
  for (const rule of rules) {
    const problem = rule(held);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const cancelledUntold = (agency: string, history: readonly GuardRecord[]): readonly string[] =>
  history.flatMap(({ name, senderAgency, verdict, cause }) =>
    name === 'appointment.cancelled' &&
    senderAgency === agency &&
    reasonOf(verdict) === 'no-consent-on-record' &&
    cause !== undefined
      ? [cause]
      : [],
  );

/** Is a message of this type held against the records of its case, or does it depend on them what follows? */
export const needsHistory = (name: MessageName): boolean =>
  rulesOf[name] !== undefined || name === 'tpr2.no-trace';

/** By the newest outcome. One that its recipient was told to stop using is known to be wrong: it is not told on, and the other may be. */
const asOnRecord: Rule = ({ data, known }) => {
  const outcome = newestOutcome(known);
  if (outcome === undefined) return undefined;
  const attendance = outcome.name === 'appointment.attended' ? 'attended' : 'did-not-attend';
  if (isNotToBeUsed(outcome, known))
    return data['attendance'] === attendance
      ? against('attendance', `the outcome may not be used any more: ${shown(outcome)}`)
      : undefined;
  if (data['attendance'] !== attendance)
    return against('attendance', `the newest outcome on record is ${shown(outcome)}`);
  return data['on'] === outcome.facts['on']
    ? undefined
    : against('on', `the newest outcome on record is ${shown(outcome)}`);
};

/** The same word twice says nothing; a newer outcome, or a correction, is another word. */
const notToldYet: Rule = ({ data, sender, to, known }) => {
  const newest = known.findLast(
    ({ name, senderAgency, recipient }) =>
      name === 'provider.notice' && senderAgency === sender.agency && recipient === to,
  );
  return newest !== undefined &&
    ['form', 'attendance', 'on'].every((fact) => newest.facts[fact] === data[fact])
    ? against('attendance', `it is told already: ${shown(newest)}`)
    : undefined;
};

const isNotToBeUsed = ({ id }: GuardRecord, known: readonly GuardRecord[]): boolean =>
  known.some(({ name, facts }) => name === 'instruction.stop-using' && facts['message'] === id);

const formOfContract = { pathways: 'NFP', 'flexible-new-deal': 'FND4' } as const;

const byContract: Rule = ({ data, sender }) => {
  const form = sender.contract === undefined ? undefined : formOfContract[sender.contract];
  return form === undefined || data['form'] === form
    ? undefined
    : against('form', `a provider under your contract tells of attendance by ${form}`);
};

const offerStands: Rule = ({ cited, known, find }) => {
  const review = cited === undefined ? undefined : reviewOf(cited, known, find);
  if (review === undefined) return undefined;
  if (!isTimeOpen(review) || review.offer === undefined)
    return against('offer', `no offer stands: the newest word is ${shown(review.latest)}`);
  return review.offer.id === cited?.id
    ? undefined
    : against('offer', `the offer that stands is ${shown(review.offer)}`);
};

const atTimeOffered: Rule = ({ data, cited }) =>
  cited === undefined ||
  Date.parse(String(data['startsAt'])) === Date.parse(String(cited.facts['startsAt']))
    ? undefined
    : against('startsAt', `the offer that stands is ${shown(cited)}`);

const notCalledOff: Rule = ({ cited, known, find }) => {
  const review = cited === undefined ? undefined : reviewOf(cited, known, find);
  return review?.state === 'cancelled'
    ? against('request', `the review was called off by ${shown(review.latest)}`)
    : undefined;
};

const notOver: Rule = ({ cited, known, find }) => {
  const review = cited === undefined ? undefined : reviewOf(cited, known, find);
  return review !== undefined && isOver(review)
    ? against('review', `the review is over: the newest word is ${shown(review.latest)}`)
    : undefined;
};

const inHours: Rule = ({ data }) =>
  data['agreedLocally'] === true || isInHoursOfReviews(String(data['startsAt']))
    ? undefined
    : against(
        'startsAt',
        'reviews are from 08:00 until before 18:00 in London on working days, unless agreedLocally is true',
      );

const afterLikelyExit: Rule = ({ sender, cited, known }) => {
  const newest = known.findLast(
    ({ name, senderAgency, recipientAgency }) =>
      (name === 'exit.notified' || name === 'exit.stays-in-treatment') &&
      senderAgency === sender.agency &&
      recipientAgency === cited?.recipientAgency,
  );
  if (newest === undefined) return undefined;
  if (newest.name === 'exit.stays-in-treatment')
    return against('about', `it is told already: ${shown(newest)}`);
  return newest.id === cited?.id && newest.facts['exit'] === 'unplanned-likely'
    ? undefined
    : against(
        'about',
        `only a likely exit can be taken back; the newest is ${shown(newest)}: ${String(newest.facts['exit'])}`,
      );
};

const proposalStands: Rule = ({ sender, cited, known }) => {
  if (cited === undefined) return undefined;
  if (cited.senderAgency === sender.agency)
    return against('proposal', 'the proposal is your own; the other side answers it');
  const sides = [cited.senderAgency, cited.recipientAgency];
  const newest = known.findLast(
    ({ name, senderAgency, recipientAgency }) =>
      name.startsWith('lead.') && sides.includes(senderAgency) && sides.includes(recipientAgency),
  );
  return newest === undefined || newest.id === cited.id
    ? undefined
    : against('proposal', `the proposal does not stand: the newest word is ${shown(newest)}`);
};

const ownDpa1: Rule = ({ cited }) =>
  cited === undefined || (cited.facts['form'] === 'DPA1' && cited.facts['decision'] === 'given')
    ? undefined
    : against('consent', 'consent must be a DPA1 that the client gave and you recorded');

/** Whether it is no trace at that office: said by it, or of the TPR2 that it had (the case has moved since). */
const isNoTraceAt = (office: string | undefined, record: GuardRecord, find: Find): boolean =>
  record.name === 'tpr2.no-trace' &&
  (record.sender === office || find(record.cause ?? '')?.recipient === office);

/** After no trace the job centre keeps nothing, and learns nothing more under the TPR2 until it is shared again. */
const traced: Rule = ({ sender, to, known, find }) => {
  const newest = known.findLast(
    (record) =>
      (record.name === 'tpr2.shared' &&
        record.senderAgency === sender.agency &&
        record.recipient === to) ||
      (record.recipientAgency === sender.agency && isNoTraceAt(to, record, find)),
  );
  return newest?.name === 'tpr2.no-trace'
    ? {
        code: 'contradicts-record',
        field: 'to',
        detail: `there is no trace of the client there: ${shown(newest)}; share the TPR2 again first`,
      }
    : undefined;
};

/** Nor does it begin anything more under a TPR2 that it has sent back. */
const tracedHere: Rule = ({ sender, to, known, find }) => {
  const newest = known.findLast(
    (record) =>
      (record.name === 'tpr2.shared' &&
        record.recipientAgency === sender.agency &&
        record.sender === to) ||
      (record.recipient === to && isNoTraceAt(sender.id, record, find)),
  );
  return newest?.name === 'tpr2.no-trace'
    ? {
        code: 'contradicts-record',
        field: 'to',
        detail: `you have no trace of the client: ${shown(newest)}; the provider shares the TPR2 again first`,
      }
    : undefined;
};

/** Every type that the records of its case can stand against. */
const rulesOf: Readonly<Partial<Record<MessageName, readonly Rule[]>>> = {
  'appointment.moved': [appointmentStands, noOutcomeYet],
  'appointment.cancelled': [appointmentStands, noOutcomeYet],
  'appointment.attended': [outcomeOfStanding, oneOutcome],
  'appointment.did-not-attend': [outcomeOfStanding, oneOutcome],
  'referral.cancelled': [notYetAttended],
  'referral.handed-back': [nothingBooked],
  'referral.declined': [notPassedOn],
  'step.done': [notEndedYet],
  'provider.notice': [byContract, asOnRecord, notToldYet],
  'dpa1.returned': [ownDpa1],
  'review.requested': [traced],
  'review.offered': [tracedHere, notCalledOff, inHours],
  'review.moved': [tracedHere, offerStands, inHours],
  'claim.change-told': [tracedHere],
  'review.accepted': [traced, offerStands, atTimeOffered],
  'review.declined': [traced, offerStands],
  'review.held': [offerStands],
  'review.not-held': [offerStands],
  'review.cancelled': [traced, notOver],
  'exit.notified': [traced],
  'exit.stays-in-treatment': [traced, afterLikelyExit],
  'lead.agreed': [proposalStands],
  'lead.declined': [proposalStands],
};
