import type { NoticeKind } from '#libs/contracts/notices.js';
import { longDate } from './long-date.js';
import { protocolWording } from './protocol-wording.js';
import { stepWords } from './step-wording.js';
import { type NoticeWording, atMoment, choose, dueDay, nothingToDo, onDate } from './wording.js';

const exits: Readonly<Record<string, string>> = {
  planned: 'a planned exit',
  unplanned: 'an unplanned exit',
  'unplanned-likely': 'that an unplanned exit is likely',
};
const changes: Readonly<Record<string, string>> = {
  'claim-ended': 'the claim has ended',
  'benefit-changed': 'the benefit has changed',
  'contact-lost': 'contact has been lost',
};
export const noticeWording: Readonly<Record<NoticeKind, NoticeWording>> = {
  ...protocolWording,
  'referral-received': {
    subject: 'Referral received',
    happened: () => 'A referral has come in for you.',
    next: () =>
      'Open it in your system and acknowledge it. Then book a first appointment, or, as a single point of contact, pass it on to the provider.',
  },
  'referral-acknowledged': {
    subject: 'Referral acknowledged',
    happened: () => 'The referral you made has been acknowledged. A first appointment will follow.',
    next: nothingToDo,
  },
  'appointment-booked': {
    subject: 'Appointment booked',
    happened: (of) => `A first appointment has been booked${atMoment(of, 'startsAt')}.`,
    next: () =>
      "Tell the client when and where it is. The place is in your system. Taking part is the client's own choice.",
  },
  'did-not-attend': {
    subject: 'Appointment not attended',
    happened: (of) => `The client did not attend the appointment${onDate(of, 'on')}.`,
    next: () =>
      'Discuss it at the next attendance and consider referring again. It is not a ground for a sanction.',
  },
  attended: {
    subject: 'Appointment attended',
    happened: (of) => `The client attended the appointment${onDate(of, 'on')}.`,
    next: nothingToDo,
  },
  'employment-information-received': {
    subject: 'TPR2 received',
    happened: () =>
      "Employment-related information has been shared with you, with the client's consent.",
    next: () => 'Note its receipt and pass it to the adviser who holds the case.',
  },
  'receipt-noted': {
    subject: 'TPR2 receipt noted',
    happened: (of) => `The receipt of your TPR2 was noted${onDate(of, 'notedOn')}.`,
    next: nothingToDo,
  },
  'passed-to-you': {
    subject: 'TPR2 passed to you',
    happened: () => 'A TPR2 has been passed to you as the adviser who holds the case.',
    next: () => 'Read it in your system and see whether an interview would help.',
  },
  'no-trace': {
    subject: 'TPR2 returned: no trace',
    happened: (of) =>
      `The client could not be found on the record${onDate(of, 'checkedOn')}, and your TPR2 has been returned.`,
    next: () =>
      'Discuss it with the client: there may be an entitlement that is not claimed, or a detail that is wrong.',
  },
  'dpa1-needed': {
    subject: 'DPA1 needed',
    happened: () =>
      'A TPR2 has come in and there is no current DPA1, so nothing may be recorded yet.',
    next: () => 'Complete a DPA1 with the client at the next attendance, if the client agrees.',
  },
  'review-requested': {
    subject: 'Three-way review requested',
    happened: (of) =>
      `A three-way review has been asked for${of.facts['wantedBy'] === undefined ? '' : `, to be held by ${longDate(String(of.facts['wantedBy']))}`}.`,
    next: () => "Offer the client's next appointment, or else the adviser's next free one.",
  },
  'review-offered': {
    subject: 'Review appointment offered',
    happened: (of) =>
      `An appointment for the three-way review has been offered${atMoment(of, 'startsAt')}.`,
    next: () => 'Agree it with the client and accept or decline it.',
  },
  'review-accepted': {
    subject: 'Review appointment agreed',
    happened: (of) => `The three-way review is agreed${atMoment(of, 'startsAt')}.`,
    next: () => 'Keep the time free. A calendar entry is attached.',
  },
  'review-declined': {
    subject: 'Review appointment declined',
    happened: () => 'The appointment offered for the three-way review does not suit.',
    next: () => 'Offer another one.',
  },
  'review-held': {
    subject: 'Three-way review held',
    happened: (of) =>
      `The three-way review was held${onDate(of, 'heldOn')}. Its outcome will follow.`,
    next: nothingToDo,
  },
  'review-not-held': {
    subject: 'Three-way review not held',
    happened: (of) => `The three-way review was not held${onDate(of, 'on')}.`,
    next: () => 'Another appointment will be offered. It is not a ground for a sanction.',
  },
  'review-outcome': {
    subject: 'Outcome of the three-way review',
    happened: (of) =>
      `The outcome of the three-way review is in your system. The agreement was ${of.facts['agreementAmended'] === true ? '' : 'not '}amended.`,
    next: (of) =>
      of.facts['nextReviewOn'] === undefined
        ? nothingToDo()
        : `The next review is planned${onDate(of, 'nextReviewOn')}.`,
  },
  'exit-notice': {
    subject: 'Exit notice',
    happened: (of) =>
      `The provider has told of ${choose(exits, of.facts['exit'], 'an exit')}${onDate(of, 'on')}.`,
    next: (of) =>
      of.facts['exit'] === 'planned'
        ? 'Update the record.'
        : 'Help the client to engage again where the client wishes it, and update the record.',
  },
  'claim-changed': {
    subject: 'Change told by the job centre',
    happened: (of) =>
      `The job centre tells you that ${choose(changes, of.facts['change'], 'something has changed')}${onDate(of, 'on')}.`,
    next: () => 'Take it into account when you next see the client.',
  },
  'care-plan-review-due': {
    subject: 'Care plan review due',
    happened: (of) => `The care plan is due for review${dueDay(of)}.`,
    next: () =>
      'Arrange the review, and ask whether a three-way review is wanted and whether consents are to be renewed.',
  },
  'interview-due': {
    subject: 'Interview due',
    happened: (of) => `The client's interview is due${dueDay(of)}.`,
    next: () =>
      'Arrange it. It may serve as the three-way review, if the client and the keyworker agree.',
  },
  'review-appointment-soon': {
    subject: 'Review appointment soon',
    happened: (of) =>
      `The three-way review takes place${of.facts['startsAt'] === undefined ? dueDay(of) : atMoment(of, 'startsAt', 'on')}.`,
    next: () => 'Make sure that everybody knows the time and the place.',
  },
  'consent-lapsing': {
    subject: 'Consent about to lapse',
    happened: (of) =>
      `A consent in this case lapses${dueDay(of)}. After that, nothing more can be shared under it, an exit notice included.`,
    next: () =>
      'Ask the client whether it is to be renewed. Not renewing it has no consequence for the client.',
  },
  'stop-using': {
    subject: 'Stop using what was shared',
    happened: () => 'What was shared with you in this case may no longer be used.',
    next: () => 'Stop using it, take it off the record, and record that this is done.',
  },
  'step-overdue': {
    subject: 'Overdue',
    happened: (of) =>
      of.dueOn === undefined
        ? 'A step in this case is overdue.'
        : `A step in this case was due on ${longDate(of.dueOn)}.`,
    next: (of) => (of.step === undefined ? 'See your worklist.' : stepWords[of.step]),
  },
  'colleague-mail-held': {
    subject: 'A colleague cannot be reached',
    happened: () =>
      'A notice for a colleague of yours is being held, because the colleague has no mailbox or key here that can be used.',
    next: () =>
      'Look at the case in your system and act for the colleague. Ask the colleague to give the administrator a working key.',
  },
  'mail-failed': {
    subject: 'A colleague cannot be reached',
    happened: () => 'A notice for a colleague of yours could not be delivered.',
    next: () =>
      'Look at the case in your system and act for the colleague. Ask the administrator to check the mail address.',
  },
  'seek-consent': {
    subject: 'Consent needed',
    happened: () => 'Something you sent was not passed on, because no consent on record covers it.',
    next: () =>
      "Seek the client's consent, or leave the matter. This is not a legal bar: safeguarding has its own route.",
  },
  'send-again': {
    subject: 'Send again',
    happened: () =>
      'The client limited the consent before something you sent was collected, so it was stopped.',
    next: () =>
      'Look at what the consent covers now, and send it again: what is not covered will be left out.',
  },
  'check-identity': {
    subject: 'Identity details to check',
    happened: () =>
      'Something you sent was not passed on, because the identity details do not agree with the record.',
    next: () => 'Check them with the client and send again.',
  },
  'choose-provider': {
    subject: 'Choose a provider',
    happened: () => 'No provider was found for your referral.',
    next: () => 'Choose a provider yourself and send the referral to it.',
  },
  'provider-notice': {
    subject: 'Notice from the contracted provider',
    happened: (of) =>
      `The contracted provider tells you (${String(of.facts['form'] ?? 'notice')}) that the client ${of.facts['attendance'] === 'did-not-attend' ? 'did not attend' : 'attended'}${onDate(of, 'on')}.`,
    next: nothingToDo,
  },
};
