import type { Condition } from './condition.js';
import type { MessageName } from './message-table.js';
import type { StepName } from './steps.js';

/** A message that ends a step, why, and what its facts must say for it. */
export interface StepEnd {
  readonly by: MessageName;
  readonly because: string;
  readonly when?: Condition;
}

/** Why a step is open, and every message that ends it. A message that is not named leaves it open: its reason stands. */
export interface StepLife {
  readonly reason: string;
  readonly ends: readonly StepEnd[];
}

const by = (name: MessageName, because: string, when?: Condition): StepEnd =>
  when === undefined ? { by: name, because } : { by: name, because, when };

const stopUsing = by(
  'instruction.stop-using',
  'the client took the consent back: nothing more may pass',
);
const cancelled = by('referral.cancelled', 'the referrer expects nothing more');
const declined = by('referral.declined', 'the provider does not take the client');
const handedBack = by('referral.handed-back', 'the provider does not take the client');
const attended = by('appointment.attended', 'the outcome is told');
const absent = by('appointment.did-not-attend', 'the outcome is told');
const noTrace = by('tpr2.no-trace', 'the TPR2 went back: the client is not known there');
const over: Condition = { exit: ['planned', 'unplanned'] };
const exitNotified = by('exit.notified', 'the episode is over', over);
const exitRecorded = by('exit.recorded', 'the episode is over', over);
const reviewOff = by('review.cancelled', 'the review is off');

/** Message × step: every end with its reason. Whose step of that name it ends follows from the parties (the router's `close-steps`). */
export const stepEnds: Readonly<Record<StepName, StepLife>> = {
  'acknowledge-referral': {
    reason: 'a referral came and nobody has answered',
    ends: [
      by('referral.acknowledged', 'it is acknowledged'),
      by('referral.forwarded', 'it is passed on'),
      by('appointment.booked', 'an answer acknowledges'),
      by('appointment.attended', 'an answer acknowledges'),
      by('appointment.did-not-attend', 'an answer acknowledges'),
      declined,
      handedBack,
      cancelled,
      stopUsing,
    ],
  },
  'choose-provider': {
    reason: 'the single point of contact holds a referral that no provider has',
    ends: [
      by('referral.forwarded', 'a provider has it'),
      by('referral.declined', 'the referrer has it back'),
      cancelled,
      stopUsing,
    ],
  },
  'refer-elsewhere': {
    reason: 'a provider could not take the client, or none was found',
    ends: [
      by('referral.requested', 'another provider is asked'),
      by('referral.acknowledged', 'the provider takes the client after all'),
      by('appointment.booked', 'the provider takes the client after all'),
      by('consent.withdrawn', 'the client wants no referral', { form: 'TPR1', keep: '' }),
    ],
  },
  'tell-provider-cancelled': {
    reason: 'the referrer took a referral back that the single point of contact may have passed on',
    ends: [cancelled],
  },
  'book-first-appointment': {
    reason: 'the client has no appointment',
    ends: [
      by('appointment.booked', 'it is booked'),
      attended,
      absent,
      declined,
      handedBack,
      cancelled,
      stopUsing,
    ],
  },
  'tell-client': {
    reason: 'the client has not been told when and where',
    ends: [
      by('appointment.moved', 'a newer time is to be told'),
      by('appointment.cancelled', 'the appointment is off'),
      attended,
      absent,
      by('referral.cancelled', 'there is no appointment to tell of'),
      by('referral.requested', 'the client is referred again, and told with it'),
    ],
  },
  'tell-outcome': {
    reason: 'the referrer does not know whether the client came',
    ends: [
      attended,
      absent,
      by('appointment.moved', 'the appointment is at another time'),
      by('appointment.cancelled', 'the appointment is off'),
      declined,
      handedBack,
      cancelled,
      stopUsing,
    ],
  },
  'discuss-did-not-attend': {
    reason: 'an absence was told and nobody has spoken with the client',
    ends: [
      by('referral.requested', 'the client is referred again'),
      by('absence.nothing-more', 'it was discussed, and nothing more is expected'),
      by('appointment.attended', 'the absence was a mistake', { corrects: { present: true } }),
      by('appointment.booked', 'the provider sees the client again'),
      stopUsing,
    ],
  },
  'tell-nothing-more': {
    reason: 'the provider still expects something after an absence or an exit',
    ends: [
      by('absence.nothing-more', 'it is told'),
      by('exit.nothing-more', 'it is told'),
      by('referral.requested', 'the client is referred again'),
      stopUsing,
    ],
  },
  'ask-client': {
    reason: 'no answer came in the usual time, or the matter lies with the client',
    ends: [
      by('referral.requested', 'the client is referred again'),
      by('referral.acknowledged', 'the answer came'),
      by('referral.declined', 'the answer came'),
      by('appointment.booked', 'the answer came'),
      attended,
      absent,
      by('tpr2.receipt-noted', 'the answer came'),
      noTrace,
      by('review.offered', 'the answer came'),
      by('review.accepted', 'the answer came'),
      by('review.declined', 'the answer came'),
      by('review.outcome', 'the answer came'),
      by('lead.agreed', 'the answer came'),
      by('lead.declined', 'the answer came'),
      by('absence.nothing-more', 'the answer came'),
      by('exit.nothing-more', 'the answer came'),
      reviewOff,
      stopUsing,
    ],
  },
  'send-provider-notice': {
    reason: 'the job centre has no notice of the outcome (NFP, FND4)',
    ends: [
      by('provider.notice', 'it is sent'),
      by('appointment.attended', 'a corrected outcome is to be told instead', {
        corrects: { present: true },
      }),
      by('appointment.did-not-attend', 'a corrected outcome is to be told instead', {
        corrects: { present: true },
      }),
      stopUsing,
    ],
  },
  'name-adviser': {
    reason: 'a JSA client has no caseload adviser, or the case came to another office',
    ends: [
      by('case.caseworker-named', 'one is named'),
      by('claim.ended', 'the claim is over'),
      by('case.moved-office', 'another office names one'),
    ],
  },
  'complete-dpa1': {
    reason: 'a TPR2 came and no current DPA1 lets it be kept on the record',
    ends: [
      by('consent.recorded', 'the client has decided', { form: 'DPA1' }),
      by('dpa1.returned', 'the contracted provider took it'),
      noTrace,
      stopUsing,
    ],
  },
  'return-dpa1': {
    reason: 'a contracted provider took a DPA1 that the job centre does not have',
    ends: [
      by('dpa1.returned', 'it is returned'),
      by('consent.withdrawn', 'the client took it back', { form: 'DPA1' }),
      by('consent.recorded', 'the client refused it since', { form: 'DPA1', decision: 'refused' }),
    ],
  },
  'note-receipt': {
    reason: 'a TPR2 came and its receipt is not on the record',
    ends: [by('tpr2.receipt-noted', 'it is noted'), noTrace, stopUsing],
  },
  'pass-to-adviser': {
    reason: 'the adviser does not have the TPR2',
    ends: [by('tpr2.passed-to-adviser', 'the adviser has it'), noTrace, stopUsing],
  },
  'discuss-no-trace': {
    reason: 'a TPR2 came back and the client does not know',
    ends: [by('tpr2.shared', 'it is shared again'), exitNotified, exitRecorded],
  },
  'offer-review': {
    reason: 'a review was asked for and no time is offered',
    ends: [
      by('review.offered', 'a time is offered'),
      by('review.moved', 'a time is offered'),
      reviewOff,
      exitNotified,
      noTrace,
      stopUsing,
    ],
  },
  'answer-review-offer': {
    reason: 'a time was offered and nobody has answered',
    ends: [
      by('review.accepted', 'it is answered'),
      by('review.declined', 'it is answered'),
      by('review.moved', 'another time is to be answered'),
      reviewOff,
      exitNotified,
      exitRecorded,
      noTrace,
      stopUsing,
    ],
  },
  'hold-review': {
    reason: 'a review is agreed and nobody has said whether it was held',
    ends: [
      by('review.held', 'it was held'),
      by('review.not-held', 'it was not held'),
      by('review.moved', 'it is at another time'),
      reviewOff,
      exitNotified,
      noTrace,
      stopUsing,
    ],
  },
  'tell-review-outcome': {
    reason: 'a review was held and the keyworker does not know its outcome',
    ends: [by('review.outcome', 'it is told'), stopUsing],
  },
  'cancel-review': {
    reason: 'the episode is over and the job centre still expects a review',
    ends: [
      reviewOff,
      exitNotified,
      by('review.held', 'it was held'),
      by('careplan.agreed', 'a new episode'),
      stopUsing,
    ],
  },
  'request-review': {
    reason: 'the last review planned another',
    ends: [
      by('review.requested', 'it is asked for'),
      exitNotified,
      exitRecorded,
      by('consent.withdrawn', 'the client wants no review', { form: 'TPR2' }),
    ],
  },
  're-engage': {
    reason: 'an exit was or may be unplanned and nobody has spoken with the client',
    ends: [
      by('referral.requested', 'the client is referred again'),
      by('exit.nothing-more', 'nothing more is expected'),
      by('exit.stays-in-treatment', 'the client stays'),
      by('exit.notified', 'a newer exit stands in its place'),
      stopUsing,
    ],
  },
  'update-record': {
    reason: 'the record does not show what was told',
    ends: [stopUsing],
  },
  'record-exit': {
    reason: 'an exit may not be told, and is not recorded at home',
    ends: [exitRecorded, by('exit.notified', 'the exit is told')],
  },
  'review-care-plan': {
    reason: 'the care plan is due for review',
    ends: [
      by('careplan.reviewed', 'it is reviewed'),
      by('review.held', 'it was reviewed with the job centre'),
      by('careplan.agreed', 'a new plan is agreed'),
      exitNotified,
      exitRecorded,
    ],
  },
  'complete-outcome-profile': {
    reason: 'the quarterly outcome profile is due',
    ends: [by('outcome-profile.recorded', 'it is recorded'), exitNotified, exitRecorded],
  },
  'hold-interview': {
    reason: 'a mandatory interview is due',
    ends: [
      by('review.held', 'it was held with the review', { asInterview: true }),
      by('claim.ended', 'the claim is over'),
    ],
  },
  'propose-lead': {
    reason: 'keyworker and offender manager have not agreed who leads',
    ends: [
      by('lead.proposed', 'it is proposed again'),
      by('lead.agreed', 'it is agreed'),
      exitNotified,
      exitRecorded,
      stopUsing,
    ],
  },
  'answer-lead': {
    reason: 'a lead was proposed and nobody has answered',
    ends: [
      by('lead.agreed', 'it is answered'),
      by('lead.declined', 'it is answered'),
      by('lead.proposed', 'a newer proposal stands'),
      exitRecorded,
      stopUsing,
    ],
  },
  'renew-consent': {
    reason: 'a consent lapses and the client has not been asked',
    ends: [
      by('consent.recorded', 'the client has decided'),
      by('consent.withdrawn', 'the client has decided'),
      exitNotified,
      exitRecorded,
    ],
  },
  'take-off-record': {
    reason: 'the client refused or took back the DPA1 and the record may still show it',
    ends: [
      by('consent.recorded', 'the client allows it again', { form: 'DPA1', decision: 'given' }),
    ],
  },
  'stop-using': { reason: 'what was shared may no longer be used', ends: [] },
  'seek-consent': {
    reason: 'a message did not pass for want of consent',
    ends: [by('consent.recorded', 'the client has decided')],
  },
  'send-again': {
    reason: 'a message was stopped because the client limited the consent',
    ends: [],
  },
  'check-identity': { reason: 'identity details do not agree with the record', ends: [] },
};
