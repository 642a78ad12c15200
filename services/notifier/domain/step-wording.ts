import type { StepName } from '#libs/contracts/steps.js';

/** What each open step is called when its owner is reminded of it: what to do, and the other way out where there is one. */
export const stepWords: Readonly<Record<StepName, string>> = {
  'acknowledge-referral': 'Acknowledge the referral, or decline it if you cannot take the client.',
  'book-first-appointment':
    'Book the first appointment and tell the referrer when and where it is.',
  'tell-outcome': 'Tell the referrer whether the client came to the appointment.',
  'discuss-did-not-attend':
    'Discuss the missed appointment with the client, in private, and consider referring again.',
  'note-receipt':
    'Note on the record that the TPR2 has come, or return it if there is no trace of the client.',
  'pass-to-adviser': 'Pass the TPR2 to the adviser who holds the case.',
  'complete-dpa1': 'Ask the client about a DPA1 at the next attendance, and record the answer.',
  'discuss-no-trace':
    'Discuss the returned TPR2 with the client. They may be able to claim, or a detail may be wrong.',
  'offer-review': 'Offer an appointment for the three-way review.',
  'answer-review-offer':
    'Agree the offered review appointment with the client, then accept or decline it.',
  'hold-review': 'Hold the three-way review, or record that it was not held.',
  'tell-review-outcome': 'Send the keyworker the outcome of the three-way review.',
  're-engage': 'Help the client to engage again, if the client wishes it.',
  'update-record': 'Update the record with what you were told.',
  'review-care-plan': 'Review the care plan with the client and record the day.',
  'hold-interview': 'Hold the interview with the client and record it.',
  'renew-consent': 'Ask the client whether to renew the consent, and record the answer.',
  'stop-using': 'Stop using what was shared, take it off the record, and record that this is done.',
  'seek-consent': "Ask for the client's consent and record the answer, or leave the matter.",
  'ask-taker':
    'Leave the consent to who takes it. A single point of contact gives the referral back to the referrer; anybody else tells the client whom to ask.',
  'send-again': 'Look at what the consent covers now, and send the message again.',
  'check-identity': 'Check the identity details with the client, and send the message again.',
  'mend-consent': 'Record the client’s decision again, whole.',
  'choose-provider': 'Choose a provider and pass the referral on to it, or decline the referral.',
  'refer-elsewhere': 'Refer the client to another provider, or agree with the client to leave it.',
  'tell-provider-cancelled': 'Tell the provider that the referral has been taken back.',
  'tell-client':
    'Tell the client where things stand: when and where the appointment is, or that it is off.',
  'tell-nothing-more': 'Tell the provider that nothing more is expected of it.',
  'ask-client': 'Ask the client, in private, how things stand.',
  'send-provider-notice': 'Send the job centre the notice of attendance (NFP or FND4).',
  'name-adviser': 'Name the adviser who holds the case from now on.',
  'return-dpa1': 'Return the DPA1 to the job centre.',
  'cancel-review': 'Tell the job centre that the three-way review is off.',
  'request-review':
    'Ask the job centre for the next three-way review, if the client still wants it.',
  'record-exit': 'Record the exit at your own organisation. That ends the reminders.',
  'complete-outcome-profile':
    'Complete the quarterly outcome profile with the client and record the day.',
  'propose-lead':
    'Agree who leads for education, training and employment, best by telephone, and propose it.',
  'answer-lead': 'Agree to the proposed lead for education, training and employment, or decline.',
  'take-off-record': 'Take the information off the record, and record that this is done.',
};
