import type { MessageName } from './message-table.js';
import type { PartyKind } from './party.js';
import type { StepName } from './steps.js';

/** How the owner of a step says that it ended (`step.done`). */
export const stepOutcomes = [
  'done',
  'declined-by-client',
  'not-possible',
  'no-longer-needed',
] as const;
export type StepOutcome = (typeof stepOutcomes)[number];

/** The ends that a step may have. Nothing else ends a step but a message of `stepEnds`. */
const endNames = [
  'done',
  'declined-by-client',
  'no-longer-needed',
  'could-not-be-done',
  'nothing-can-be-told',
] as const;
export type EndName = (typeof endNames)[number];

/**
 * What follows when the owner says that a step ended so.
 * `end`: nothing, and why. `step`: the same owner has this step next. `again`: the same step with a new due date.
 * `send`: `step.done` cannot say it; one of these messages does, so that the other side learns of it.
 * `only-done`: the step ends by being done, in no other way.
 */
export type FollowUp =
  | { readonly kind: 'end'; readonly end: EndName }
  | { readonly kind: 'step'; readonly step: StepName }
  | { readonly kind: 'again' }
  | { readonly kind: 'send'; readonly types: readonly MessageName[] }
  | { readonly kind: 'only-done' };

const end = (name: EndName): FollowUp => ({ kind: 'end', end: name });
const next = (step: StepName): FollowUp => ({ kind: 'step', step });
const send = (...types: readonly MessageName[]): FollowUp => ({ kind: 'send', types });
const again: FollowUp = { kind: 'again' };

type Row = Readonly<Record<StepOutcome, FollowUp>>;

const row = (
  done: FollowUp,
  declined: FollowUp,
  notPossible: FollowUp,
  noLongerNeeded: FollowUp = end('no-longer-needed'),
): Row => ({
  done,
  'declined-by-client': declined,
  'not-possible': notPossible,
  'no-longer-needed': noLongerNeeded,
});

const passBack = send('referral.declined', 'referral.handed-back');
const untold = end('nothing-can-be-told');
const sayNothingMore = next('tell-nothing-more');
const offClient = end('declined-by-client');

/**
 * Step × outcome → what follows: no step ends without a next owner, a message to the other side, or an end that is named. `done` and
 * `no-longer-needed` end a provider's step towards the referrer also where no consent lets the referrer be told; the referrer's own clock
 * (`waits`) then opens a step there.
 */
export const stepFollowUps: Readonly<Record<StepName, Row>> = {
  'acknowledge-referral': row(next('book-first-appointment'), passBack, passBack, untold),
  'choose-provider': row(
    send('referral.forwarded'),
    send('referral.declined'),
    send('referral.declined'),
    untold,
  ),
  'refer-elsewhere': row(send('referral.requested'), offClient, again),
  'tell-provider-cancelled': row(send('referral.cancelled'), untold, untold),
  'book-first-appointment': row(end('done'), passBack, passBack, untold),
  'tell-client': row(end('done'), end('done'), end('could-not-be-done')),
  'tell-outcome': row(
    end('done'),
    send('appointment.cancelled', 'referral.declined'),
    send('appointment.cancelled', 'referral.declined'),
    untold,
  ),
  'discuss-did-not-attend': row(sayNothingMore, sayNothingMore, sayNothingMore, sayNothingMore),
  'tell-nothing-more': row(
    send('absence.nothing-more', 'exit.nothing-more'),
    untold,
    untold,
    untold,
  ),
  'ask-client': row(end('done'), offClient, again),
  'send-provider-notice': row(send('provider.notice'), offClient, untold, untold),
  'name-adviser': row(send('case.caseworker-named'), again, again),
  'complete-dpa1': row(send('consent.recorded'), send('consent.recorded'), again),
  'return-dpa1': row(send('dpa1.returned'), offClient, again),
  'note-receipt': row(
    send('tpr2.receipt-noted', 'tpr2.no-trace'),
    send('tpr2.receipt-noted'),
    send('tpr2.no-trace'),
    untold,
  ),
  'pass-to-adviser': row(send('tpr2.passed-to-adviser'), send('tpr2.passed-to-adviser'), again),
  'discuss-no-trace': row(end('done'), offClient, again),
  'offer-review': row(
    send('review.offered'),
    send('review.cancelled'),
    send('review.cancelled'),
    untold,
  ),
  'answer-review-offer': row(
    send('review.accepted'),
    send('review.declined'),
    send('review.declined'),
    untold,
  ),
  'hold-review': row(
    send('review.held'),
    send('review.not-held', 'review.cancelled'),
    send('review.not-held'),
    untold,
  ),
  'tell-review-outcome': row(send('review.outcome'), send('review.outcome'), again, untold),
  'cancel-review': row(send('review.cancelled'), untold, untold, untold),
  'request-review': row(send('review.requested'), offClient, again),
  're-engage': row(sayNothingMore, sayNothingMore, sayNothingMore, sayNothingMore),
  'update-record': row(end('done'), end('done'), again),
  'record-exit': row(send('exit.recorded'), again, again),
  'review-care-plan': row(send('careplan.reviewed'), offClient, again),
  'complete-outcome-profile': row(send('outcome-profile.recorded'), offClient, again),
  'hold-interview': row(end('done'), again, again),
  'propose-lead': row(send('lead.proposed'), offClient, end('could-not-be-done')),
  'answer-lead': row(send('lead.agreed'), send('lead.declined'), send('lead.declined'), untold),
  'renew-consent': row(send('consent.recorded'), offClient, again),
  'take-off-record': row(
    end('done'),
    { kind: 'only-done' },
    { kind: 'only-done' },
    { kind: 'only-done' },
  ),
  'stop-using': row(
    end('done'),
    { kind: 'only-done' },
    { kind: 'only-done' },
    { kind: 'only-done' },
  ),
  'seek-consent': row(send('consent.recorded'), send('consent.recorded'), end('could-not-be-done')),
  'ask-taker': row(end('done'), offClient, end('could-not-be-done')),
  'send-again': row(end('done'), offClient, end('could-not-be-done')),
  'check-identity': row(end('done'), offClient, again),
  'mend-consent': row(send('consent.recorded'), again, again),
};

/**
 * The step that follows, where one does; `undefined` for an end or what `step.done` may not say. A single point of contact books nothing: a
 * referral that it has seen to is still to be passed on.
 */
export function stepAfter(
  step: StepName,
  outcome: StepOutcome,
  by: PartyKind | 'guard',
): StepName | undefined {
  if (by === 'spoc' && step === 'acknowledge-referral' && outcome === 'done')
    return 'choose-provider';
  const follows = stepFollowUps[step][outcome];
  if (follows.kind === 'step') return follows.step;
  return follows.kind === 'again' ? step : undefined;
}
