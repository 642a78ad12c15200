import type { AnswerKind } from '#libs/contracts/waits.js';
import type { StepName } from '#libs/contracts/steps.js';
import type { StepOutcome } from '#libs/contracts/step-outcomes.js';

/** What is to be done, to whoever has to do it. */
export const stepWords: Readonly<Record<StepName, string>> = {
  'acknowledge-referral': 'Answer the referral',
  'choose-provider': 'Choose a provider',
  'refer-elsewhere': 'Refer to another provider',
  'tell-provider-cancelled': 'Tell the provider that the referral is off',
  'book-first-appointment': 'Book the first appointment',
  'tell-client': 'Tell the client',
  'tell-outcome': 'Say whether the client came',
  'discuss-did-not-attend': 'Discuss the missed appointment',
  'tell-nothing-more': 'Tell the provider that nothing more is expected',
  'ask-client': 'Ask the client: no answer has come',
  'send-provider-notice': 'Send the notice of attendance (NFP or FND4)',
  'name-adviser': 'Name an adviser',
  'complete-dpa1': 'Ask for the DPA1',
  'return-dpa1': 'Return the DPA1 to the job centre',
  'note-receipt': 'Note receipt of the TPR2',
  'pass-to-adviser': 'Pass the TPR2 to the adviser',
  'discuss-no-trace': 'Discuss with the client: not known at the job centre',
  'offer-review': 'Offer a review appointment',
  'answer-review-offer': 'Answer the review offer',
  'hold-review': 'Hold the review',
  'tell-review-outcome': 'Tell what the review agreed',
  'cancel-review': 'Call the review off',
  'request-review': 'Ask for a review',
  're-engage': 'Help the client to re-engage',
  'update-record': 'Update the record',
  'record-exit': 'Record the exit',
  'review-care-plan': 'Review the care plan',
  'complete-outcome-profile': 'Complete the outcome profile (TOP)',
  'hold-interview': 'Hold the interview',
  'propose-lead': 'Propose who leads',
  'answer-lead': 'Answer who leads',
  'renew-consent': 'Ask again for consent',
  'take-off-record': 'Take it off the record',
  'stop-using': 'Stop using what was shared',
  'seek-consent': 'Seek consent',
  'ask-taker': 'Leave the consent to who takes it',
  'send-again': 'Send again what is still covered',
  'check-identity': 'Check who the client is',
  'mend-consent': 'Record the client’s decision again',
};

export const answerWords: Readonly<Record<AnswerKind, string>> = {
  acknowledgement: 'an answer to the referral',
  appointment: 'a first appointment',
  attendance: 'word whether the client came',
  'what-follows': 'word of what follows',
  receipt: 'receipt of the TPR2',
  'review-offer': 'an offer of a review',
  'review-answer': 'an answer to the review offer',
  'review-held': 'word whether the review was held',
  'review-outcome': 'what the review agreed',
  'lead-answer': 'an answer on who leads',
};

export const outcomeWords: Readonly<Record<StepOutcome, string>> = {
  done: 'It is done',
  'declined-by-client': 'The client does not want it',
  'not-possible': 'It could not be done',
  'no-longer-needed': 'It is no longer needed',
};
