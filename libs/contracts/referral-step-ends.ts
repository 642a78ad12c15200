import {
  type StepLife,
  endedBy,
  endedByExitTold,
  endedByNoTrace,
  endedByReviewOff,
  endedByStopUsing,
} from './step-end.js';

const cancelled = endedBy('referral.cancelled', 'the referrer expects nothing more');
const declined = endedBy('referral.declined', 'the provider does not take the client');
const handedBack = endedBy('referral.handed-back', 'the provider does not take the client');
const attended = endedBy('appointment.attended', 'the outcome is told');
const absent = endedBy('appointment.did-not-attend', 'the outcome is told');

/** Steps 1 and 2: from the referral to what follows an absence. */
export const referralStepEnds = {
  'acknowledge-referral': {
    reason: 'a referral came and nobody has answered',
    ends: [
      endedBy('referral.acknowledged', 'it is acknowledged'),
      endedBy('referral.forwarded', 'it is passed on'),
      endedBy('appointment.booked', 'an answer acknowledges'),
      endedBy('appointment.attended', 'an answer acknowledges'),
      endedBy('appointment.did-not-attend', 'an answer acknowledges'),
      declined,
      handedBack,
      cancelled,
      endedByStopUsing,
    ],
  },
  'choose-provider': {
    reason: 'the single point of contact holds a referral that no provider has',
    ends: [
      endedBy('referral.forwarded', 'a provider has it'),
      endedBy('referral.declined', 'the referrer has it back'),
      cancelled,
      endedByStopUsing,
    ],
  },
  'refer-elsewhere': {
    reason: 'a provider could not take the client, or none was found',
    ends: [
      endedBy('referral.requested', 'another provider is asked'),
      endedBy('referral.acknowledged', 'the provider takes the client after all'),
      endedBy('appointment.booked', 'the provider takes the client after all'),
      endedBy('consent.withdrawn', 'the client wants no referral', { form: 'TPR1', keep: '' }),
    ],
  },
  'tell-provider-cancelled': {
    reason: 'the referrer took a referral back that the single point of contact may have passed on',
    ends: [cancelled],
  },
  'book-first-appointment': {
    reason: 'the client has no appointment',
    ends: [
      endedBy('appointment.booked', 'it is booked'),
      attended,
      absent,
      declined,
      handedBack,
      cancelled,
      endedByStopUsing,
    ],
  },
  'tell-client': {
    reason: 'the client has not been told when and where, or that it is off',
    ends: [
      endedBy('appointment.moved', 'a newer time is to be told'),
      endedBy('appointment.cancelled', 'the appointment is off'),
      attended,
      absent,
      endedBy('referral.cancelled', 'there is no appointment to tell of'),
      endedBy('referral.requested', 'the client is referred again, and told with it'),
    ],
  },
  'tell-outcome': {
    reason: 'the referrer does not know whether the client came',
    ends: [
      attended,
      absent,
      endedBy('appointment.moved', 'the appointment is at another time'),
      endedBy('appointment.cancelled', 'the appointment is off'),
      declined,
      handedBack,
      cancelled,
      endedByStopUsing,
    ],
  },
  'discuss-did-not-attend': {
    reason: 'an absence was told and nobody has spoken with the client',
    ends: [
      endedBy('referral.requested', 'the client is referred again'),
      endedBy('absence.nothing-more', 'it was discussed, and nothing more is expected'),
      endedBy('appointment.attended', 'the absence was a mistake', { corrects: { present: true } }),
      endedBy('appointment.booked', 'the provider sees the client again'),
      endedByStopUsing,
    ],
  },
  'tell-nothing-more': {
    reason: 'the provider still expects something after an absence or an exit',
    ends: [
      endedBy('absence.nothing-more', 'it is told'),
      endedBy('exit.nothing-more', 'it is told'),
      endedBy('referral.requested', 'the client is referred again'),
      endedBy('appointment.attended', 'the absence was a mistake', { corrects: { present: true } }),
      endedBy('exit.stays-in-treatment', 'the exit is not to come'),
      endedByExitTold,
      endedByStopUsing,
    ],
  },
  'ask-client': {
    reason: 'no answer came in the usual time, or the matter lies with the client',
    ends: [
      endedBy('referral.requested', 'the client is referred again'),
      endedBy('referral.acknowledged', 'the answer came'),
      endedBy('referral.declined', 'the answer came'),
      endedBy('appointment.booked', 'the answer came'),
      attended,
      absent,
      endedBy('tpr2.receipt-noted', 'the answer came'),
      endedByNoTrace,
      endedBy('review.offered', 'the answer came'),
      endedBy('review.accepted', 'the answer came'),
      endedBy('review.declined', 'the answer came'),
      endedBy('review.outcome', 'the answer came'),
      endedBy('lead.agreed', 'the answer came'),
      endedBy('lead.declined', 'the answer came'),
      endedBy('absence.nothing-more', 'the answer came'),
      endedBy('exit.nothing-more', 'the answer came'),
      endedByReviewOff,
      endedByStopUsing,
    ],
  },
  'send-provider-notice': {
    reason: 'the job centre has no notice of the outcome (NFP, FND4)',
    ends: [
      endedBy('provider.notice', 'it is sent'),
      endedBy('appointment.attended', 'a corrected outcome is to be told instead', {
        corrects: { present: true },
      }),
      endedBy('appointment.did-not-attend', 'a corrected outcome is to be told instead', {
        corrects: { present: true },
      }),
      endedByStopUsing,
    ],
  },
  'name-adviser': {
    reason: 'a JSA client has no caseload adviser named, or the case came to another office',
    ends: [
      endedBy('case.caseworker-named', 'one is named'),
      endedBy('claim.ended', 'the claim is over'),
      endedBy('case.moved-office', 'another office names one'),
    ],
  },
} as const satisfies Record<string, StepLife>;
