import { type MessageName, familyOf } from '#libs/contracts/message-table.js';
import type { StepName } from '#libs/contracts/steps.js';
import type { CaseHistory, Said } from './case-history.js';
import { SinceThen, formFor } from './since-then.js';

/** An open step, as far as its reason is asked for. */
export interface AskedStep {
  readonly step: StepName;
  readonly party: string;
  /** Id of the message that opened it. */
  readonly cause: string;
}

const answersToAReferral = [
  'referral.acknowledged',
  'referral.forwarded',
  'referral.declined',
  'referral.handed-back',
  'appointment.booked',
  'appointment.attended',
  'appointment.did-not-attend',
] as const;

const notTaken = ['referral.declined', 'referral.handed-back'] as const;
const outcomes = ['appointment.attended', 'appointment.did-not-attend'] as const;

/**
 * Why each step stands, in the words of the protocol and worked out from what was said: true where its reason is gone. It shares nothing
 * with the tables by which the router ends steps, nor with its code: a check that computes with what it checks would show nothing.
 */
const isGone: Readonly<Record<StepName, (since: SinceThen) => boolean>> = {
  'acknowledge-referral': (s) =>
    s.sent(...answersToAReferral) || s.got('referral.cancelled') || s.stopped(),
  'choose-provider': (s) =>
    s.sent('referral.forwarded', 'referral.declined') || s.got('referral.cancelled') || s.stopped(),
  'refer-elsewhere': (s) =>
    s.sent('referral.requested') ||
    s.got('referral.acknowledged', 'appointment.booked') ||
    s.agencySent('consent.withdrawn', { form: 'TPR1', keep: '' }),
  'tell-provider-cancelled': (s) => s.sent('referral.cancelled'),
  'book-first-appointment': (s) =>
    s.sent('appointment.booked', ...outcomes, ...notTaken) ||
    s.got('referral.cancelled') ||
    s.stopped(),
  'tell-client': (s) =>
    s.got('appointment.moved', 'appointment.cancelled', ...outcomes) ||
    s.sent('referral.cancelled', 'referral.requested'),
  'tell-outcome': (s) =>
    s.sent(...outcomes, 'appointment.moved', 'appointment.cancelled', ...notTaken) ||
    s.got('referral.cancelled') ||
    s.stopped(),
  'discuss-did-not-attend': (s) =>
    s.sent('referral.requested', 'absence.nothing-more') ||
    s.gotThat('appointment.attended', { corrects: s.cause.id }) ||
    s.gotFrom(s.cause.from, 'appointment.booked') ||
    s.stopped(),
  // It follows from `step.done`, which names the absence or the exit.
  'tell-nothing-more': (s) =>
    s.sentAbout(s.cause.facts['about'], 'absence.nothing-more', 'exit.nothing-more') ||
    s.sent('referral.requested') ||
    s.stopped(),
  'ask-client': (s) => s.sent('referral.requested') || hasAnswer(s) || s.stopped(),
  'send-provider-notice': (s) =>
    s.sent('provider.notice') ||
    s.gotThat('appointment.attended', { corrects: s.cause.id }) ||
    s.gotThat('appointment.did-not-attend', { corrects: s.cause.id }) ||
    s.stopped(),
  // A case that comes to another office has nobody there, whoever had it before.
  'name-adviser': (s) =>
    s.sent('case.caseworker-named', 'claim.ended', 'case.moved-office') ||
    (s.cause.name !== 'case.moved-office' && s.wasNamedBefore()),
  'complete-dpa1': (s) =>
    s.hadRefused('DPA1') ||
    s.agencySent('consent.recorded', { form: 'DPA1' }) ||
    s.got('dpa1.returned') ||
    s.sent('tpr2.no-trace') ||
    s.stopped(),
  'return-dpa1': (s) =>
    s.sent('dpa1.returned') ||
    s.agencySent('consent.withdrawn', { form: 'DPA1' }) ||
    s.agencySent('consent.recorded', { form: 'DPA1', decision: 'refused' }),
  'note-receipt': (s) => s.answered('tpr2.receipt-noted', 'tpr2.no-trace') || s.stopped(),
  'pass-to-adviser': (s) => s.sent('tpr2.passed-to-adviser', 'tpr2.no-trace') || s.stopped(),
  'discuss-no-trace': (s) => s.sent('tpr2.shared') || s.isOver(),
  'offer-review': (s) =>
    s.sent('review.offered', 'review.moved', 'review.cancelled', 'tpr2.no-trace') ||
    s.got('review.cancelled') ||
    s.isOver() ||
    s.stopped(),
  'answer-review-offer': (s) =>
    s.sent('review.accepted', 'review.declined', 'review.cancelled') ||
    s.got('review.moved', 'review.cancelled', 'tpr2.no-trace') ||
    s.isOver() ||
    s.stopped(),
  'hold-review': (s) =>
    s.sent('review.held', 'review.not-held', 'review.moved', 'review.cancelled', 'tpr2.no-trace') ||
    s.got('review.cancelled') ||
    s.isOver() ||
    s.stopped(),
  'tell-review-outcome': (s) => s.sent('review.outcome') || s.stopped(),
  'cancel-review': (s) =>
    s.sent('review.cancelled', 'exit.notified', 'careplan.agreed') ||
    s.got('review.cancelled', 'review.held') ||
    s.stopped(),
  'request-review': (s) =>
    s.sent('review.requested') || s.isOver() || s.agencySent('consent.withdrawn', { form: 'TPR2' }),
  're-engage': (s) =>
    s.sent('referral.requested', 'exit.nothing-more') ||
    s.got('exit.stays-in-treatment', 'exit.notified') ||
    s.stopped(),
  'update-record': (s) =>
    s.stopped() ||
    s.sent('tpr2.no-trace') ||
    s.agencySent('consent.withdrawn', { form: 'DPA1' }) ||
    s.agencySent('consent.recorded', { form: 'DPA1', decision: 'refused' }),
  'record-exit': (s) => s.isOver(),
  'review-care-plan': (s) =>
    s.sent('careplan.reviewed', 'careplan.agreed') || s.got('review.held') || s.isOver(),
  'complete-outcome-profile': (s) => s.sent('outcome-profile.recorded') || s.isOver(),
  'hold-interview': (s) =>
    s.agencySent('review.held', { asInterview: true }) || s.agencySent('claim.ended'),
  'propose-lead': (s) =>
    s.sent('lead.proposed', 'lead.agreed') || s.got('lead.agreed') || s.isOver() || s.stopped(),
  'answer-lead': (s) =>
    s.sent('lead.agreed', 'lead.declined', 'lead.proposed') ||
    s.got('lead.proposed') ||
    s.isOver() ||
    s.stopped(),
  'renew-consent': (s) => {
    const form = String(s.cause.facts['form']);
    return (
      s.agencySent('consent.recorded', { form }) ||
      s.agencySent('consent.withdrawn', { form }) ||
      s.isOver()
    );
  },
  'take-off-record': (s) => s.agencySent('consent.recorded', { form: 'DPA1', decision: 'given' }),
  'stop-using': () => false,
  'seek-consent': (s) =>
    s.sent(s.cause.name) ||
    s.agencySent('consent.recorded', { form: formFor(s.cause.name), decision: 'refused' }),
  'ask-taker': (s) => s.sent(s.cause.name, 'referral.declined', 'referral.handed-back'),
  'send-again': (s) => s.sent(s.cause.name),
  'check-identity': () => false,
  'mend-consent': (s) => s.sent('consent.recorded') || s.sent('consent.withdrawn'),
};

/** What answers the message that the step waits about, in the protocol's words: by the part of the protocol that it belongs to. */
const answers: Readonly<Record<string, readonly MessageName[]>> = {
  referral: ['referral.acknowledged', 'referral.declined', 'appointment.booked', ...outcomes],
  appointment: ['referral.declined', 'appointment.booked', ...outcomes],
  tpr2: ['tpr2.receipt-noted', 'tpr2.no-trace'],
  review: [
    'review.offered',
    'review.accepted',
    'review.declined',
    'review.cancelled',
    'review.outcome',
    'tpr2.no-trace',
  ],
  lead: ['lead.agreed', 'lead.declined'],
  exit: ['exit.nothing-more'],
};

/** The answer came: the step was opened because none had. What the provider waits for after an absence is what follows from it. */
function hasAnswer(s: SinceThen): boolean {
  if (s.cause.name === 'appointment.did-not-attend' && s.cause.from === s.party)
    return s.got('absence.nothing-more', 'referral.requested') || s.sent('appointment.booked');
  // Whether it was held, of the review that was agreed.
  if (s.cause.name === 'review.accepted' && s.cause.from === s.party)
    return (
      s.got(
        'review.held',
        'review.not-held',
        'review.moved',
        'review.cancelled',
        'tpr2.no-trace',
      ) ||
      s.sent('review.cancelled') ||
      s.isOver()
    );
  return s.got(...(answers[familyOf(s.cause.name)] ?? [])) || s.sent('review.cancelled');
}

/** Whether the reason of an open step still stands, by what was said since it was opened. */
export function reasonStands(
  asked: AskedStep,
  history: CaseHistory,
  isSameAgency: (one: string, other: string) => boolean,
): boolean {
  const { step, party, cause } = asked;
  const opener = history.get(cause);
  if (opener === undefined) return false;
  if (history.since(cause).some((said) => isDone(said, asked))) return false;
  const counted = opener.name === 'reminder.due' ? withForm(opener, history) : opener;
  return !isGone[step](new SinceThen(party, counted, history, isSameAgency));
}

/** The owner's party said itself how it ended. */
const isDone = ({ name, from, facts }: Said, { step, party, cause }: AskedStep): boolean =>
  name === 'step.done' &&
  from === party &&
  facts['step'] === step &&
  (facts['about'] === undefined || facts['about'] === cause);

/** A lapse is of the form of the consent that the reminder was counted from. */
function withForm(due: Said, history: CaseHistory): Said {
  const form = history.get(due.about)?.facts['form'];
  return form === undefined ? due : { ...due, facts: { ...due.facts, form } };
}
