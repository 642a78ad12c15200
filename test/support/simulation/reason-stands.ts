import type { MessageName } from '#libs/contracts/message-table.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { StepName } from '#libs/contracts/steps.js';
import type { CaseHistory, Said } from './case-history.js';

type Want = Readonly<Record<string, FactValue | readonly string[]>>;

/** An open step, as far as its reason is asked for. */
export interface AskedStep {
  readonly step: StepName;
  readonly party: string;
  /** Id of the message that opened it. */
  readonly cause: string;
}

/** All that was said since the step was opened, as questions. */
class Since {
  constructor(
    readonly party: string,
    readonly cause: Said,
    /** The other party of the message behind the step. */
    readonly other: string | undefined,
    private readonly later: readonly Said[],
    private readonly isSameAgency: (one: string, other: string) => boolean,
  ) {}

  /** The owner's party has sent one of these. */
  sent = (...names: readonly MessageName[]): boolean =>
    this.later.some(({ from, name }) => from === this.party && names.includes(name));

  /** It got one of these. */
  got = (...names: readonly MessageName[]): boolean =>
    this.later.some(({ to, name }) => to === this.party && names.includes(name));

  /** Any office of its agency has sent one of this type that says so. */
  agencySent = (name: MessageName, want: Want = {}): boolean =>
    this.later.some(
      (said) => said.name === name && this.isSameAgency(said.from, this.party) && says(said, want),
    );

  gotThat = (name: MessageName, want: Want): boolean =>
    this.later.some((said) => said.to === this.party && said.name === name && says(said, want));

  gotFrom = (from: string, name: MessageName): boolean =>
    this.later.some((said) => said.from === from && said.to === this.party && said.name === name);

  answered = (...names: readonly MessageName[]): boolean =>
    this.later.some(
      ({ from, name, about }) =>
        from === this.party && names.includes(name) && about === this.cause.id,
    );

  /** The client took the consent back, and one of the two sides was told to stop. */
  stopped = (): boolean =>
    this.later.some(
      ({ name, to }) =>
        name === 'instruction.stop-using' && (to === this.party || to === this.other),
    );

  /** The treatment is over, said or recorded by or towards this party. */
  isOver = (): boolean =>
    this.later.some(
      ({ name, from, to, facts }) =>
        (name === 'exit.notified' || name === 'exit.recorded') &&
        facts['exit'] !== 'unplanned-likely' &&
        (from === this.party || to === this.party),
    );
}

function says({ facts }: Said, want: Want): boolean {
  return Object.entries(want).every(([fact, value]) => facts[fact] === value);
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
const isGone: Readonly<Record<StepName, (since: Since) => boolean>> = {
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
  'tell-nothing-more': (s) =>
    s.sent('absence.nothing-more', 'exit.nothing-more', 'referral.requested') || s.stopped(),
  'ask-client': (s) => s.sent('referral.requested') || hasAnswer(s) || s.stopped(),
  'send-provider-notice': (s) =>
    s.sent('provider.notice') ||
    s.gotThat('appointment.attended', { corrects: s.cause.id }) ||
    s.gotThat('appointment.did-not-attend', { corrects: s.cause.id }) ||
    s.stopped(),
  'name-adviser': (s) => s.sent('case.caseworker-named', 'claim.ended', 'case.moved-office'),
  'complete-dpa1': (s) =>
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
  'update-record': (s) => s.stopped(),
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
  'seek-consent': (s) => s.agencySent('consent.recorded'),
  'send-again': (s) => s.sent(s.cause.name),
  'check-identity': () => false,
};

/** Some answer came, of whatever kind: the step was opened because none had. */
const hasAnswer = (s: Since): boolean =>
  s.got(
    'referral.acknowledged',
    'referral.declined',
    'appointment.booked',
    ...outcomes,
    'tpr2.receipt-noted',
    'tpr2.no-trace',
    'review.offered',
    'review.accepted',
    'review.declined',
    'review.cancelled',
    'review.outcome',
    'lead.agreed',
    'lead.declined',
    'absence.nothing-more',
    'exit.nothing-more',
  ) || s.sent('review.cancelled');

/** Whether the reason of an open step still stands, by what was said since it was opened. */
export function reasonStands(
  { step, party, cause }: AskedStep,
  history: CaseHistory,
  isSameAgency: (one: string, other: string) => boolean,
): boolean {
  const opener = history.get(cause);
  if (opener === undefined) return false;
  const later = history.since(cause);
  if (later.some((said) => isDone(said, step, party))) return false;
  const counted = opener.name === 'reminder.due' ? withForm(opener, history) : opener;
  const other = opener.from === party ? opener.to : opener.from;
  return !isGone[step](new Since(party, counted, other, later, isSameAgency));
}

/** The owner's party said itself how it ended. */
const isDone = ({ name, from, facts }: Said, step: StepName, party: string): boolean =>
  name === 'step.done' && from === party && facts['step'] === step;

/** A lapse is of the form of the consent that the reminder was counted from. */
function withForm(due: Said, history: CaseHistory): Said {
  const form = history.get(due.about)?.facts['form'];
  return form === undefined ? due : { ...due, facts: { ...due.facts, form } };
}
