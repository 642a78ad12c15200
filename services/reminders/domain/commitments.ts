import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';
import type { CaseEvent } from './case-event.js';
import { dateFact, dayOfFact, isSetFact, textFact, weeksFact } from './facts.js';
import type { Counting, Ending } from './reminder.js';
import { remindAt } from './reminder-rules.js';
import type { ReminderRules } from './reminder-rules.js';

/** Something that reminders are counted from: a care plan's series, an interview, an appointment, a consent that will lapse. */
export interface Commitment extends Counting {
  /** What later events name it by: the offer of an appointment, the form of a consent. */
  readonly ref?: string;
  /** Undefined while it stands. */
  readonly ending?: Ending;
}

type Commitments = readonly Commitment[];
type Apply = (before: Commitments, event: CaseEvent, rules: ReminderRules) => Commitments;

/**
 * What a case's events, taken in the guard's order, commit to. It depends on the set of events only, not on the order in which they came
 * or how often: a late one has the effect it would have had in its place.
 */
export function commitmentsOf(events: readonly CaseEvent[], rules: ReminderRules): Commitments {
  return [...events]
    .sort((a, b) => a.seq - b.seq)
    .reduce<Commitments>((before, event) => applyEvent(before, event, rules), []);
}

function applyEvent(before: Commitments, event: CaseEvent, rules: ReminderRules): Commitments {
  if (event.verdict === 'stopped') return end(before, 'ended', ({ anchor }) => anchor === event.id);
  return effects[event.name]?.(before, event, rules) ?? before;
}

const interviews: ReadonlySet<ReminderKind> = new Set(['claim-interview-13', 'claim-interview-26']);
const treatment: ReadonlySet<ReminderKind> = new Set(['care-plan-review', 'review-appointment']);

const effects: Partial<Record<MessageName, Apply>> = {
  'careplan.agreed': (before, event, rules) => {
    const anchorOn = dateFact(event, 'agreedOn');
    if (anchorOn === undefined) return before;
    const others = end(
      before,
      'counted-anew',
      (each) => each.kind === 'care-plan-review' && each.party === event.sender,
    );
    const everyWeeks = weeksFact(event, 'reviewWeeks') ?? rules.reviewWeeks;
    return [
      ...others,
      {
        kind: 'care-plan-review',
        anchor: event.id,
        party: event.sender,
        anchorOn,
        everyWeeks,
        repeats: true,
      },
    ];
  },
  'careplan.reviewed': (before, event) => reanchor(before, event, event.sender),
  // A three-way review is held at the care plan review: the provider it was told to counts anew from it.
  'review.held': (before, event) =>
    reanchor(
      end(before, 'happened', (each) => isAppointment(each, event.cause)),
      event,
      event.recipient,
    ),
  'claim.started': (before, event, rules) => {
    const anchorOn = dateFact(event, 'startedOn');
    if (anchorOn === undefined) return before;
    // Any start is a new claim or another benefit; only JSA has the mandatory interviews.
    const others = end(
      before,
      'counted-anew',
      (each) => interviews.has(each.kind) && each.party === event.sender,
    );
    if (textFact(event, 'benefit') !== 'jsa') return others;
    const interview = (kind: 'claim-interview-13' | 'claim-interview-26'): Commitment => {
      return {
        kind,
        anchor: event.id,
        party: event.sender,
        anchorOn,
        everyWeeks: rules.interviewWeeks[kind],
        repeats: false,
      };
    };
    return [...others, interview('claim-interview-13'), interview('claim-interview-26')];
  },
  'claim.ended': (before, event) =>
    end(before, 'ended', (each) => interviews.has(each.kind) && each.party === event.sender),
  'review.accepted': (before, event) => {
    const anchorOn = dayOfFact(event, 'startsAt');
    if (anchorOn === undefined) return before;
    const others = end(
      before,
      'counted-anew',
      (each) => each.kind === 'review-appointment' && each.party === event.sender,
    );
    return [...others, once('review-appointment', event, anchorOn, event.cause)];
  },
  'review.declined': (before, event) =>
    end(before, 'ended', (each) => isAppointment(each, event.cause)),
  'review.not-held': (before, event) =>
    end(before, 'ended', (each) => isAppointment(each, event.cause)),
  'consent.recorded': (before, event) => {
    const form = textFact(event, 'form');
    if (form === undefined || textFact(event, 'decision') !== 'given') return before;
    const anchorOn = dateFact(event, 'validUntil') ?? addDays(londonDate(event.recordedAt), 365);
    const others = end(
      before,
      'counted-anew',
      (each) => isLapse(each, form) && each.party === event.sender,
    );
    return [...others, once('consent-lapse', event, anchorOn, form)];
  },
  // What rests on the client's consent to share ends; the provider's own series about its own client does not.
  'consent.withdrawn': (before, event) => {
    const form = textFact(event, 'form');
    const lapsed = isSetFact(event, 'keep')
      ? before
      : end(before, 'ended', (each) => isLapse(each, form));
    const keepsReviews = form !== 'TPR2' || isSetFact(event, 'keep', 'three-way-review');
    return keepsReviews
      ? lapsed
      : end(lapsed, 'ended', (each) => each.kind === 'review-appointment');
  },
  'step.done': (before, event, rules) => {
    const step = textFact(event, 'step');
    const isReminded = (each: Commitment): boolean =>
      remindAt(each.kind, firstDueOn(each), rules) <= event.recordedAt;
    const isMeant = ({ kind }: Commitment): boolean =>
      step === 'hold-interview'
        ? interviews.has(kind)
        : step === 'renew-consent' && kind === 'consent-lapse';
    return end(
      before,
      'happened',
      (each) => each.party === event.sender && isMeant(each) && isReminded(each),
    );
  },
  'exit.notified': leave,
  'exit.recorded': leave,
};

/** The client has left treatment: the provider's reminders stop, the claim's run on. An exit that is only likely ends nothing. */
function leave(before: Commitments, event: CaseEvent): Commitments {
  if (textFact(event, 'exit') === 'unplanned-likely') return before;
  return end(
    before,
    'ended',
    (each) => each.party === event.sender && (treatment.has(each.kind) || isLapse(each, 'TPR2')),
  );
}

/** A review was held: the series is counted from the last one held. A report of an earlier day changes nothing. */
function reanchor(before: Commitments, event: CaseEvent, party: string): Commitments {
  const anchorOn = dateFact(event, 'heldOn');
  const series = before.find(
    (each) => each.ending === undefined && each.kind === 'care-plan-review' && each.party === party,
  );
  if (anchorOn === undefined || series === undefined || anchorOn <= series.anchorOn) return before;
  return [
    ...end(before, 'counted-anew', (each) => each === series),
    { ...series, anchor: event.id, anchorOn },
  ];
}

function once(
  kind: ReminderKind,
  event: CaseEvent,
  anchorOn: string,
  ref: string | undefined,
): Commitment {
  const counting = {
    kind,
    anchor: event.id,
    party: event.sender,
    anchorOn,
    everyWeeks: 0,
    repeats: false,
  };
  return ref === undefined ? counting : { ...counting, ref };
}

const firstDueOn = ({ anchorOn, everyWeeks }: Counting): string =>
  addDays(anchorOn, 7 * everyWeeks);

function isAppointment(each: Commitment, offer: string | undefined): boolean {
  return each.kind === 'review-appointment' && each.ref === offer;
}

function isLapse(each: Commitment, form: string | undefined): boolean {
  return each.kind === 'consent-lapse' && each.ref === form;
}

function end(
  before: Commitments,
  ending: Ending,
  matches: (each: Commitment) => boolean,
): Commitments {
  return before.map((each) =>
    each.ending === undefined && matches(each) ? { ...each, ending } : each,
  );
}
