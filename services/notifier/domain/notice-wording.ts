import type { NoticeKind } from '#libs/contracts/notices.js';
import { longDate } from './long-date.js';
import { protocolWording } from './protocol-wording.js';
import { stepWords } from './step-wording.js';
import {
  type NoticeWording,
  type WordingFacts,
  atMoment,
  choose,
  dueDay,
  nothingToDo,
  onDate,
  them,
  toThem,
  yourMessage,
} from './wording.js';

const exits: Readonly<Record<string, string>> = {
  planned: 'a planned exit',
  unplanned: 'an unplanned exit',
  'unplanned-likely': 'that an unplanned exit is likely',
};
const changes: Readonly<Record<string, string>> = {
  'claim-ended': 'the claim ended',
  'benefit-changed': 'the benefit changed',
  'contact-lost': 'contact was lost',
};
const interviews: Readonly<Record<string, string>> = {
  'claim-interview-13': '13-week',
  'claim-interview-26': '26-week',
};
/** What a consent is for, and what ends with it. */
const lapses: Readonly<Record<string, readonly [consent: string, after: string]>> = {
  DPA1: [
    'The DPA1, which lets the job centre keep this on its record,',
    'After that it has to come off the record.',
  ],
  TPR1: [
    'The consent to the referral (TPR1)',
    'After that, nothing more can be passed on along the referral, its outcome included.',
  ],
  TPR2: [
    'The consent to share (TPR2)',
    'After that, nothing more can be shared under it, an exit notice included.',
  ],
};
const lapsing = (of: WordingFacts): string => {
  const form = of.about === 'dpa1.returned' ? 'DPA1' : String(of.facts['form']);
  const [consent, after] = (Object.hasOwn(lapses, form) ? lapses[form] : undefined) ?? [
    'A consent in this case',
    'After that, nothing more can be shared under it.',
  ];
  return `${consent} lapses${dueDay(of)}. ${after}`;
};
/** Who takes the consent that a reader of this kind lacks. Nobody is sent to ask the other side about a client who did not agree to that. */
const takersOf: Readonly<Record<string, string>> = {
  spoc: 'The referrer takes it. Choose a provider that the client agreed to, or decline the referral, so that the referrer can ask the client.',
  'treatment-provider':
    'The referrer takes it: a client who wants this passed on can tell them. Speak with the client, not with the referrer.',
};
const wasTold = ({ clientWasTold }: WordingFacts): string =>
  clientWasTold === undefined
    ? ''
    : clientWasTold
      ? ' The client had been told of the appointment.'
      : ' Nobody has recorded that the client was told.';

export const noticeWording: Readonly<Record<NoticeKind, NoticeWording>> = {
  ...protocolWording,
  'referral-received': {
    subject: 'Referral received',
    happened: (of) => `${them(of, 'Another organisation')} has sent you a referral.`,
    next: ({ audience }) =>
      `Open it in your system and acknowledge it, or decline it if you cannot take the client. Then ${audience === 'spoc' ? 'choose a provider and pass it on' : 'book a first appointment'}.`,
  },
  'referral-acknowledged': {
    subject: 'Referral acknowledged',
    happened: (of) =>
      `${them(of, 'The provider')} has acknowledged your referral. A first appointment is to follow.`,
    next: nothingToDo,
  },
  'appointment-booked': {
    subject: 'Appointment booked',
    happened: (of) =>
      `${them(of, 'The provider')} has booked a first appointment${atMoment(of, 'startsAt')}.`,
    next: () =>
      "Tell the client when and where it is. The place is in your system. Taking part is the client's own choice.",
  },
  'did-not-attend': {
    subject: 'Appointment not attended',
    happened: (of) =>
      `${them(of, 'The provider')} tells you that the client did not attend the appointment${onDate(of, 'on')}.${of.facts['corrects'] === undefined ? '' : ' You were told before that the client attended: that was a mistake.'}${wasTold(of)}`,
    next: () =>
      'Discuss it with the client, in private, at the next attendance. Consider referring again. It is not a ground for a sanction.',
  },
  attended: {
    subject: 'Appointment attended',
    happened: (of) =>
      `${them(of, 'The provider')} tells you that the client attended the appointment${onDate(of, 'on')}.`,
    next: nothingToDo,
  },
  'employment-information-received': {
    subject: 'TPR2 received',
    happened: (of) =>
      `${them(of, 'The provider')} has shared employment-related information with you (TPR2), with the client's consent.`,
    next: () =>
      'Note on the record that it has come, and pass it to the adviser who holds the case. If there is no trace of the client, return it.',
  },
  'receipt-noted': {
    subject: 'TPR2 receipt noted',
    happened: (of) =>
      `${them(of, 'The job centre')} noted the receipt of your TPR2${onDate(of, 'notedOn')}.`,
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
      `${them(of, 'The job centre')} could not find the client on its record${onDate(of, 'checkedOn')}, and has returned your TPR2.`,
    next: () =>
      'Discuss it with the client. They may be able to claim a benefit, or a detail may be wrong. You can share again then.',
  },
  'dpa1-needed': {
    subject: 'DPA1 needed',
    happened: (of) =>
      `A TPR2 has come${of.counterpart === undefined ? '' : ` from ${them(of, '')}`} and there is no current DPA1. Nothing of it may go on the record yet.`,
    next: () => 'Ask the client about a DPA1 at the next attendance, and record the answer.',
  },
  'review-requested': {
    subject: 'Three-way review requested',
    happened: (of) =>
      `${them(of, 'The keyworker')} asks for a three-way review${onDate(of, 'wantedBy', 'by')}.`,
    next: ({ nextInterviewOn }) =>
      nextInterviewOn === undefined
        ? "Offer the client's next appointment, or else the adviser's next free one."
        : `Offer the client's next interview first, which falls on ${longDate(nextInterviewOn)}. If that does not suit, offer the adviser's next free appointment.`,
  },
  'review-offered': {
    subject: 'Review appointment offered',
    happened: (of) =>
      `${them(of, 'The job centre')} offers an appointment for the three-way review${atMoment(of, 'startsAt', 'on')}.`,
    next: () => 'Agree it with the client, and accept or decline it.',
  },
  'review-accepted': {
    subject: 'Review appointment agreed',
    happened: (of) =>
      `The three-way review${of.counterpart === undefined ? '' : ` with ${them(of, '')}`} is agreed${atMoment(of, 'startsAt')}.`,
    next: () => 'Keep the time free. A calendar entry is attached.',
  },
  'review-declined': {
    subject: 'Review appointment declined',
    happened: (of) =>
      `The appointment that you offered for the three-way review does not suit ${them(of, 'the keyworker')} or the client.`,
    next: () => 'Offer another one.',
  },
  'review-held': {
    subject: 'Three-way review held',
    happened: (of) =>
      `The three-way review was held${onDate(of, 'heldOn')}. ${them(of, 'The job centre')} is to send its outcome.`,
    next: nothingToDo,
  },
  'review-not-held': {
    subject: 'Three-way review not held',
    happened: (of) => `The three-way review was not held${onDate(of, 'on')}.`,
    next: (of) =>
      `${them(of, 'The job centre')} is to offer another appointment. It is not a ground for a sanction.`,
  },
  'review-outcome': {
    subject: 'Outcome of the three-way review',
    happened: (of) =>
      `${them(of, 'The job centre')} has sent the outcome of the three-way review. It is in your system.${amended(of)}`,
    next: (of) =>
      of.facts['nextReviewOn'] === undefined
        ? nothingToDo()
        : `The next review is planned${onDate(of, 'nextReviewOn', 'for')}. You will be reminded to ask for it.`,
  },
  'exit-notice': {
    subject: 'Exit notice',
    happened: (of) =>
      `${them(of, 'The provider')} tells you of ${choose(exits, of.facts['exit'], 'an exit')}${onDate(of, 'on')}.`,
    next: (of) =>
      of.facts['exit'] === 'planned'
        ? 'Update the record.'
        : 'Help the client to engage again, if the client wishes it. Then tell the provider when nothing more is expected of it.',
  },
  'claim-changed': {
    subject: 'Change told by the job centre',
    happened: (of) =>
      `${them(of, 'The job centre')} tells you that ${choose(changes, of.facts['change'], 'something changed')}${onDate(of, 'on')}.`,
    next: () => 'Take it into account when you next see the client.',
  },
  'care-plan-review-due': {
    subject: 'Care plan review due',
    happened: (of) => `The care plan is due for review${dueDay(of)}.`,
    next: () =>
      'Arrange the review. Ask the client whether they want a three-way review, and whether to renew consents.',
  },
  'interview-due': {
    subject: 'Interview due',
    happened: (of) =>
      `The client's ${choose(interviews, of.facts['kind'], 'mandatory')} interview is due${dueDay(of)}.`,
    next: () =>
      'Arrange it, hold it and record it. It may serve as the three-way review, if the client and the keyworker agree.',
  },
  'review-appointment-soon': {
    subject: 'Review appointment soon',
    happened: (of) =>
      `The three-way review takes place${of.facts['startsAt'] === undefined ? dueDay(of) : atMoment(of, 'startsAt', 'on')}.`,
    next: () => 'Make sure that everybody knows the time and the place.',
  },
  'consent-lapsing': {
    subject: 'Consent about to lapse',
    happened: lapsing,
    next: () =>
      'Ask the client whether to renew it, and record the answer. Not renewing it has no consequence for the client.',
  },
  'stop-using': {
    subject: 'Stop using what was shared',
    happened: ({ facts }) =>
      facts['message'] === undefined
        ? 'What was shared with you in this case may no longer be used.'
        : 'One message that was shared with you in this case may no longer be used. Your system shows which one.',
    next: () => 'Stop using it, take it off the record, and record that this is done.',
  },
  'step-overdue': {
    subject: 'Overdue',
    happened: (of) =>
      of.dueOn === undefined
        ? 'A step in this case is overdue.'
        : `A step in this case was to be done by ${longDate(of.dueOn)}.`,
    next: (of) => (of.step === undefined ? 'See your worklist.' : stepWords[of.step]),
  },
  'colleague-mail-held': {
    subject: 'A colleague cannot be reached',
    happened: () =>
      'A notice for a colleague of yours is being held. The colleague has no mailbox or key here that can be used.',
    next: (of) =>
      `Act for the colleague in this case${colleagueStep(of)}. Ask the colleague to give the administrator a working key.`,
  },
  'mail-failed': {
    subject: 'A colleague cannot be reached',
    happened: () => 'A notice for a colleague of yours could not be delivered.',
    next: (of) =>
      `Act for the colleague in this case${colleagueStep(of)}. Ask the administrator to check the mail address.`,
  },
  'seek-consent': {
    subject: 'Consent needed',
    happened: (of) =>
      `${yourMessage(of)} was not passed on${toThem(of)}, because no consent on record covers it.`,
    next: () =>
      "Ask for the client's consent and record the answer, or leave the matter. This is not a legal bar: safeguarding has its own route.",
  },
  'ask-taker': {
    subject: 'Consent needed, taken by another',
    happened: (of) =>
      `${yourMessage(of)} was not passed on${toThem(of)}, because no consent on record covers it. This consent is not yours to take.`,
    next: ({ audience }) =>
      `${takersOf[audience] ?? 'The keyworker takes it: a client who wants it can tell them.'} This is not a legal bar: safeguarding has its own route.`,
  },
  'send-again': {
    subject: 'Send again',
    happened: (of) =>
      `${yourMessage(of)} was stopped before ${them(of, 'the other side')} collected it, because the client limited the consent.`,
    next: () =>
      'Look at what the consent covers now, and send the message again. What is not covered is left out.',
  },
  'check-identity': {
    subject: 'Identity details to check',
    happened: (of) =>
      `${yourMessage(of)} was not passed on${toThem(of)}, because the identity details do not agree with the record.`,
    next: () => 'Check them with the client, and send the message again.',
  },
  'mend-consent': {
    subject: 'Consent to record again',
    happened: () => 'What a client decided could not be recorded as it was sent.',
    next: () =>
      'See what counts now, and record the decision again, whole. Where it is not clear, ask the client. What the client may have ruled out is stopped until then.',
  },
  'choose-provider': {
    subject: 'Choose a provider',
    happened: () => 'No provider was found for your referral.',
    next: () => 'Choose a provider yourself and send the referral to it.',
  },
  'provider-notice': {
    subject: 'Notice from the contracted provider',
    happened: (of) =>
      `${them(of, 'The contracted provider')} tells you (${String(of.facts['form'] ?? 'notice')}) that the client ${of.facts['attendance'] === 'did-not-attend' ? 'did not attend' : 'attended'}${onDate(of, 'on')}.`,
    next: nothingToDo,
  },
};

const amended = ({ facts }: WordingFacts): string =>
  typeof facts['agreementAmended'] === 'boolean'
    ? ` The agreement was ${facts['agreementAmended'] ? '' : 'not '}amended.`
    : '';

const colleagueStep = ({ step }: WordingFacts): string =>
  step === undefined ? '' : `. Their step: ${stepWords[step].replace(/\.$/, '')}`;
