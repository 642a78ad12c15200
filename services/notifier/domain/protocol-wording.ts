import type { NoticeKind } from '#libs/contracts/notices.js';
import { type NoticeWording, atMoment, choose, dueDay, nothingToDo, onDate } from './wording.js';

const declined: Readonly<Record<string, string>> = {
  'no-capacity': 'it has no place free',
  'outside-our-area': 'the client lives outside its area',
  'service-not-offered': 'it does not offer the service that is needed',
  'could-not-contact': 'it could not reach the client',
  'client-asked': 'the client asked for it',
};
const leads: Readonly<Record<string, string>> = {
  keyworker: 'the keyworker',
  'offender-manager': 'the offender manager',
};

/** Notices of what does not go as planned: declines, moves, corrections, answers that do not come, people who move. */
export const protocolWording = {
  'referral-declined': {
    subject: 'Referral declined',
    happened: ({ facts }) =>
      `The provider cannot take the client: ${choose(declined, facts['reason'], 'no reason is given')}.`,
    next: ({ facts }) =>
      facts['reason'] === 'could-not-contact' || facts['reason'] === 'client-asked'
        ? 'Ask the client in private how things stand. Taking part is their own choice.'
        : 'Refer the client to another provider that the consent names, and tell the client.',
  },
  'referral-handed-back': {
    subject: 'Referral handed back',
    happened: ({ facts }) =>
      `The provider cannot take the client: ${choose(declined, facts['reason'], 'no reason is given')}.`,
    next: () => 'Pass the referral on to another provider, or hand it back to the referrer.',
  },
  'referral-cancelled': {
    subject: 'Referral cancelled',
    happened: () => 'The referrer has taken the referral back. Nobody is expected.',
    next: () => 'If you have passed it on, tell the provider. Otherwise there is nothing to do.',
  },
  'referral-passed-on': {
    subject: 'Referral passed on',
    happened: () => 'The single point of contact has passed the referral on to a provider.',
    next: () => 'Tell the client which provider it is: your system shows it.',
  },
  'appointment-moved': {
    subject: 'Appointment moved',
    happened: (of) => `The appointment has been moved${atMoment(of, 'startsAt', 'to')}.`,
    next: () => 'Tell the client when and where it is now.',
  },
  'appointment-cancelled': {
    subject: 'Appointment cancelled',
    happened: () => 'The appointment has been cancelled. Another will follow.',
    next: () => 'Tell the client that it is off.',
  },
  'outcome-corrected': {
    subject: 'Outcome corrected',
    happened: (of) =>
      `What you were told before was a mistake. The client attended the appointment${onDate(of, 'on')}.`,
    next: () => 'Correct your record. There is nothing to discuss with the client.',
  },
  'nothing-more-expected': {
    subject: 'Nothing more is expected',
    happened: () => 'The referrer expects nothing more from you in this matter.',
    next: nothingToDo,
  },
  'no-answer-yet': {
    subject: 'No answer yet',
    happened: () => 'No answer to your message has come in the usual time.',
    next: () => 'Ask the client how things stand, or ring the organisation.',
  },
  'provider-notice-due': {
    subject: 'Notice of attendance to send',
    happened: () => 'The outcome of an appointment has come in.',
    next: () => 'Send the job centre the notice of attendance (NFP or FND4).',
  },
  'dpa1-returned': {
    subject: 'DPA1 returned',
    happened: () => 'The contracted provider has returned a DPA1 that the client signed there.',
    next: () => 'Update the record.',
  },
  'dpa1-to-return': {
    subject: 'DPA1 to return',
    happened: () => 'A DPA1 was taken at your organisation.',
    next: () => 'Return it to the job centre.',
  },
  'take-off-record': {
    subject: 'Take off the record',
    happened: () => 'The client does not agree, or no longer agrees, to the record.',
    next: () => 'Take the information off the record, and record that this is done.',
  },
  'review-moved': {
    subject: 'Review appointment moved',
    happened: (of) => `The three-way review has been moved${atMoment(of, 'startsAt', 'to')}.`,
    next: () => 'Agree the new time with the client. The keyworker accepts or declines it.',
  },
  'review-cancelled': {
    subject: 'Review called off',
    happened: () => 'The three-way review has been called off.',
    next: () => 'Take it out of your calendar. It is not a ground for a sanction.',
  },
  'next-review-due': {
    subject: 'Next review to arrange',
    happened: (of) => `The last three-way review planned the next one${dueDay(of)}.`,
    next: () => 'Ask the job centre for an appointment, if the client still wants the review.',
  },
  'outcome-profile-due': {
    subject: 'Outcome profile due',
    happened: (of) => `The quarterly outcome profile is due${dueDay(of)}.`,
    next: () => 'Complete it with the client and record that it was done.',
  },
  'exit-not-told': {
    subject: 'Exit not passed on',
    happened: () => 'The exit was not passed on, because no consent on record covers it.',
    next: () =>
      'Record the exit at your own organisation: that ends the reminders. To tell the job centre, seek the consent of the client first.',
  },
  'stays-in-treatment': {
    subject: 'No exit after all',
    happened: () => 'The exit that you were told was likely is not to come.',
    next: nothingToDo,
  },
  'lead-proposed': {
    subject: 'Lead proposed',
    happened: (of) =>
      `For education, training and employment it is proposed that ${choose(leads, of.facts['lead'], 'one of you')} leads${onDate(of, 'from')}.`,
    next: () => 'Agree or decline it. It is no evidence for breach.',
  },
  'lead-agreed': {
    subject: 'Lead agreed',
    happened: () => 'Who leads for education, training and employment is agreed as you proposed.',
    next: () => 'Write it in the care plan. It is no evidence for breach.',
  },
  'lead-declined': {
    subject: 'Lead not agreed',
    happened: () => 'The lead that you proposed does not suit.',
    next: () => 'Agree it by telephone and propose it again.',
  },
  'case-moved-here': {
    subject: 'Case moved to your office',
    happened: () => 'A case has come to your office from another office of your organisation.',
    next: () => 'Name the adviser who holds it.',
  },
  'steps-inherited': {
    subject: 'Steps that came to you',
    happened: () => 'A colleague is away or has left, and their steps have come to you.',
    next: () => 'Look at your worklist.',
  },
} as const satisfies Partial<Record<NoticeKind, NoticeWording>>;
