import {
  type StepLife,
  endedBy,
  endedByExitRecorded,
  endedByExitTold,
  endedByNoTrace,
  endedByReviewOff,
  endedByStopUsing,
} from './step-end.js';

/** Steps 3 to 9: from the care plan to the exit, and the mesh's own. */
export const treatmentStepEnds = {
  'complete-dpa1': {
    reason: 'a TPR2 came and no current DPA1 lets it be kept on the record',
    ends: [
      endedBy('consent.recorded', 'the client has decided', { form: 'DPA1' }),
      endedBy('dpa1.returned', 'the contracted provider took it'),
      endedByNoTrace,
      endedByStopUsing,
    ],
  },
  'return-dpa1': {
    reason: 'a contracted provider took a DPA1 that the job centre does not have',
    ends: [
      endedBy('dpa1.returned', 'it is returned'),
      endedBy('consent.withdrawn', 'the client took it back', { form: 'DPA1' }),
      endedBy('consent.recorded', 'a newer decision stands in its place', { form: 'DPA1' }),
      endedByStopUsing,
    ],
  },
  'note-receipt': {
    reason: 'a TPR2 came and its receipt is not on the record',
    ends: [endedBy('tpr2.receipt-noted', 'it is noted'), endedByNoTrace, endedByStopUsing],
  },
  'pass-to-adviser': {
    reason: 'the adviser does not have the TPR2',
    ends: [
      endedBy('tpr2.passed-to-adviser', 'the adviser has it'),
      endedByNoTrace,
      endedByStopUsing,
    ],
  },
  'discuss-no-trace': {
    reason: 'a TPR2 came back and the client does not know',
    ends: [endedBy('tpr2.shared', 'it is shared again'), endedByExitTold, endedByExitRecorded],
  },
  'offer-review': {
    reason: 'a review was asked for and no time is offered',
    ends: [
      endedBy('review.offered', 'a time is offered'),
      endedBy('review.moved', 'a time is offered'),
      endedByReviewOff,
      endedByExitTold,
      endedByNoTrace,
      endedByStopUsing,
    ],
  },
  'answer-review-offer': {
    reason: 'a time was offered and nobody has answered',
    ends: [
      endedBy('review.accepted', 'it is answered'),
      endedBy('review.declined', 'it is answered'),
      endedBy('review.offered', 'another time is to be answered'),
      endedBy('review.moved', 'another time is to be answered'),
      endedByReviewOff,
      endedByExitTold,
      endedByExitRecorded,
      endedByNoTrace,
      endedByStopUsing,
    ],
  },
  'hold-review': {
    reason: 'a review is agreed and nobody has said whether it was held',
    ends: [
      endedBy('review.held', 'it was held'),
      endedBy('review.not-held', 'it was not held'),
      endedBy('review.moved', 'it is at another time'),
      endedByReviewOff,
      endedByExitTold,
      endedByNoTrace,
      endedByStopUsing,
    ],
  },
  'tell-review-outcome': {
    reason: 'a review was held and the keyworker does not know its outcome',
    ends: [endedBy('review.outcome', 'it is told'), endedByStopUsing],
  },
  'cancel-review': {
    reason: 'the episode is over and the job centre still expects a review',
    ends: [
      endedByReviewOff,
      endedByExitTold,
      endedBy('review.held', 'it was held'),
      endedBy('careplan.agreed', 'a new episode'),
      endedByStopUsing,
    ],
  },
  'request-review': {
    reason: 'the last review planned another',
    ends: [
      endedBy('review.requested', 'it is asked for'),
      endedByExitTold,
      endedByExitRecorded,
      endedBy('consent.withdrawn', 'the client wants no review', { form: 'TPR2' }),
    ],
  },
  're-engage': {
    reason: 'an exit was or may be unplanned and nobody has spoken with the client',
    ends: [
      endedBy('referral.requested', 'the client is referred again'),
      endedBy('exit.nothing-more', 'nothing more is expected'),
      endedBy('exit.stays-in-treatment', 'the client stays'),
      endedBy('exit.notified', 'a newer exit stands in its place'),
      endedByStopUsing,
    ],
  },
  'update-record': {
    reason: 'the record does not show what was told',
    ends: [
      endedBy('consent.recorded', 'nothing may go on the record', {
        form: 'DPA1',
        decision: 'refused',
      }),
      endedBy('consent.withdrawn', 'nothing may go on the record', { form: 'DPA1' }),
      endedByNoTrace,
      endedByStopUsing,
    ],
  },
  'record-exit': {
    reason: 'an exit may not be told, and is not recorded at home',
    ends: [endedByExitRecorded, endedBy('exit.notified', 'the exit is told')],
  },
  'review-care-plan': {
    reason: 'the care plan is due for review',
    ends: [
      endedBy('careplan.reviewed', 'it is reviewed'),
      endedBy('review.held', 'it was reviewed with the job centre'),
      endedBy('careplan.agreed', 'a new plan is agreed'),
      endedByExitTold,
      endedByExitRecorded,
    ],
  },
  'complete-outcome-profile': {
    reason: 'the quarterly outcome profile is due',
    ends: [
      endedBy('outcome-profile.recorded', 'it is recorded'),
      endedByExitTold,
      endedByExitRecorded,
    ],
  },
  'hold-interview': {
    reason: 'a mandatory interview is due',
    ends: [
      endedBy('review.held', 'it was held with the review', { asInterview: true }),
      endedBy('claim.ended', 'the claim is over'),
    ],
  },
  'propose-lead': {
    reason: 'keyworker and offender manager have not agreed who leads',
    ends: [
      endedBy('lead.proposed', 'it is proposed again'),
      endedBy('lead.agreed', 'it is agreed'),
      endedByExitTold,
      endedByExitRecorded,
      endedByStopUsing,
    ],
  },
  'answer-lead': {
    reason: 'a lead was proposed and nobody has answered',
    ends: [
      endedBy('lead.agreed', 'it is answered'),
      endedBy('lead.declined', 'it is answered'),
      endedBy('lead.proposed', 'a newer proposal stands'),
      endedByExitRecorded,
      endedByStopUsing,
    ],
  },
  'renew-consent': {
    reason: 'a consent lapses and the client has not been asked',
    ends: [
      endedBy('consent.recorded', 'the client has decided'),
      endedBy('consent.withdrawn', 'the client has decided'),
      endedByExitTold,
      endedByExitRecorded,
    ],
  },
  'take-off-record': {
    reason: 'the client refused or took back the DPA1 and the record may still show it',
    ends: [
      endedBy('consent.recorded', 'the client allows it again', {
        form: 'DPA1',
        decision: 'given',
      }),
    ],
  },
  'stop-using': { reason: 'what was shared may no longer be used', ends: [] },
  'seek-consent': {
    reason: 'a message did not pass for want of consent',
    // A yes alone helps nobody: the message is still unsent. It ends, as `send-again` does, when the next of its type is cleared.
    ends: [endedBy('consent.recorded', 'the client said no', { decision: 'refused' })],
  },
  // Ends too, as `seek-consent` does, when the next message of its type is cleared; and only by what rests on the same consent.
  'ask-taker': {
    reason: 'a message did not pass for want of a consent that its sender may not take',
    ends: [
      endedBy('referral.declined', 'the referrer has the client back'),
      endedBy('referral.handed-back', 'the single point of contact has the client back'),
    ],
  },
  'send-again': {
    reason: 'a message was stopped because the client limited the consent',
    ends: [],
  },
  'check-identity': { reason: 'identity details do not agree with the record', ends: [] },
  'mend-consent': {
    reason: 'what a client decided was not recorded as it was sent',
    ends: [
      endedBy('consent.recorded', 'it is recorded'),
      endedBy('consent.withdrawn', 'it is recorded'),
    ],
  },
} as const satisfies Record<string, StepLife>;
