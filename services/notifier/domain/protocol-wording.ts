import type { NoticeKind } from '#libs/contracts/notices.js';
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
} from './wording.js';

const declined: Readonly<Record<string, string>> = {
  'no-capacity': 'it has no place free',
  'outside-our-area': 'the client lives outside its area',
  'service-not-offered': 'it does not offer the service that the client needs',
  'could-not-contact': 'it could not reach the client',
  'client-asked': 'the client asked it to say so',
};
const leads: Readonly<Record<string, string>> = {
  keyworker: 'the keyworker leads',
  'offender-manager': 'the offender manager leads',
};

const cannotTake = (of: WordingFacts): string =>
  `${them(of, 'The provider')} cannot take the client${because(of)}.`;
const because = ({ facts }: WordingFacts): string => {
  const reason = choose(declined, facts['reason'], '');
  return reason === '' ? '' : `: ${reason}`;
};
/** Nothing about the lead may serve a breach. */
const noBreach = 'It is no evidence for a breach.';

/** Notices of what does not go as planned: declines, moves, corrections, answers that do not come, people who move. */
export const protocolWording = {
  'referral-declined': {
    subject: 'Referral declined',
    happened: cannotTake,
    next: ({ facts }) =>
      facts['reason'] === 'could-not-contact' || facts['reason'] === 'client-asked'
        ? 'Ask the client, in private, how things stand. Taking part is their own choice.'
        : 'Tell the client. If they agree, refer them to another provider that the consent names.',
  },
  'referral-handed-back': {
    subject: 'Referral handed back',
    happened: cannotTake,
    next: () => 'Pass the referral on to another provider, or decline it to the referrer.',
  },
  'referral-cancelled': {
    subject: 'Referral cancelled',
    happened: (of) =>
      `${them(of, 'The referrer')} has taken the referral back. Do not expect the client.`,
    next: (of) =>
      of.step === 'tell-provider-cancelled'
        ? 'If you have passed the referral on, tell the provider.'
        : nothingToDo(),
  },
  'referral-passed-on': {
    subject: 'Referral passed on',
    happened: (of) =>
      `${them(of, 'The single point of contact')} has passed the referral on to a provider.`,
    next: () => 'Tell the client which provider it is. Your system shows it.',
  },
  'appointment-moved': {
    subject: 'Appointment moved',
    happened: (of) =>
      `${them(of, 'The provider')} has moved the appointment${atMoment(of, 'startsAt', 'to')}.`,
    next: () =>
      "Tell the client when and where it is now. The place is in your system. Taking part is the client's own choice.",
  },
  'appointment-cancelled': {
    subject: 'Appointment cancelled',
    happened: (of) =>
      `${them(of, 'The provider')} has cancelled the appointment. Another one is to follow.`,
    next: () => 'Tell the client that it is off.',
  },
  'outcome-corrected': {
    subject: 'Outcome corrected',
    happened: (of) =>
      `You were told that the client did not attend. That was a mistake: the client attended the appointment${onDate(of, 'on')}.`,
    next: () => 'Correct your record. There is no absence to discuss with the client.',
  },
  'nothing-more-expected': {
    subject: 'Nothing more is expected',
    happened: (of) =>
      `${them(of, 'The referrer')} expects nothing more from you on this. You can close it on your side.`,
    next: nothingToDo,
  },
  'no-answer-yet': {
    subject: 'No answer yet',
    happened: (of) =>
      `The answer that you wait for has not come in the usual time${of.counterpart === undefined ? '' : ` from ${them(of, '')}`}.`,
    next: (of) =>
      `Ask the client, in private, how things stand${of.counterpart?.phone === undefined ? '' : ', or ring the organisation'}.`,
  },
  'provider-notice-due': {
    subject: 'Notice of attendance to send',
    happened: (of) =>
      `${them(of, 'The provider')} has told you whether the client attended the appointment${onDate(of, 'on')}.`,
    next: () =>
      'Send the job centre your notice of attendance: NFP (Pathways) or FND4 (Flexible New Deal).',
  },
  'dpa1-returned': {
    subject: 'DPA1 returned',
    happened: (of) =>
      `${them(of, 'The contracted provider')} has returned a DPA1 that the client signed there. It holds${onDate(of, 'validUntil', 'until') || ' for 12 months'}.`,
    next: () => 'Update the record. It may now show what the DPA1 covers.',
  },
  'dpa1-to-return': {
    subject: 'DPA1 to return',
    happened: () => 'A client signed a DPA1 at your organisation. The job centre does not have it.',
    next: () => 'Return the DPA1 to the job centre, which updates the record.',
  },
  'take-off-record': {
    subject: 'Take off the record',
    happened: () =>
      'The client has refused the DPA1 or taken it back. The information may not stay on the record.',
    next: () => 'Take the information off the record, and record that this is done.',
  },
  'review-moved': {
    subject: 'Review appointment moved',
    happened: (of) =>
      `The three-way review has been moved${atMoment(of, 'startsAt', 'to')}. The new time is not agreed yet.`,
    next: (of) =>
      of.step === 'answer-review-offer'
        ? 'Agree the new time with the client, and accept or decline it.'
        : 'Keep the new time free. The keyworker accepts or declines it.',
  },
  'review-cancelled': {
    subject: 'Review called off',
    happened: (of) =>
      `The three-way review${of.counterpart === undefined ? '' : ` with ${them(of, '')}`} has been called off.`,
    next: () => 'Make sure that the client knows. It is not a ground for a sanction.',
  },
  'next-review-due': {
    subject: 'Next review to arrange',
    happened: (of) =>
      `The last three-way review planned the next one${onDate(of, 'dueOn', 'for')}.`,
    next: () => 'If the client still wants it, ask the job centre for an appointment.',
  },
  'outcome-profile-due': {
    subject: 'Outcome profile due',
    happened: (of) => `The quarterly outcome profile is due${dueDay(of)}.`,
    next: () => 'Complete it with the client. Then record that it was done, or that it was not.',
  },
  'exit-not-told': {
    subject: 'Exit not passed on',
    happened: (of) =>
      `Your notice of the exit was not passed on${toThem(of)}, because no consent on record covers it.`,
    next: () =>
      "Record the exit at your own organisation: that ends the reminders. To tell the job centre as well, ask for the client's consent first. This is not a legal bar: safeguarding has its own route.",
  },
  'stays-in-treatment': {
    subject: 'No exit after all',
    happened: (of) =>
      `${them(of, 'The provider')} told you that an exit was likely. The client now stays.`,
    next: nothingToDo,
  },
  'lead-proposed': {
    subject: 'Lead proposed',
    happened: (of) =>
      `${them(of, 'The other side')} proposes that ${choose(leads, of.facts['lead'], 'one of you leads')} for education, training and employment${onDate(of, 'from', 'from')}.`,
    next: () => `Agree to it or decline it. ${noBreach}`,
  },
  'lead-agreed': {
    subject: 'Lead agreed',
    happened: (of) =>
      `${them(of, 'The other side')} agrees to your proposal of who leads for education, training and employment.`,
    next: () => `Write it in the care plan. ${noBreach}`,
  },
  'lead-declined': {
    subject: 'Lead not agreed',
    happened: (of) =>
      `${them(of, 'The other side')} does not agree to your proposal of who leads for education, training and employment.`,
    next: () => `Talk about it, best by telephone, and propose it again. ${noBreach}`,
  },
  'case-moved-here': {
    subject: 'Case moved to your office',
    happened: (of) =>
      `${them(of, 'Another office')} has passed this case to your office${onDate(of, 'from', 'from')}.`,
    next: () => 'Name the adviser who holds it from now on.',
  },
  'steps-inherited': {
    subject: 'Steps that came to you',
    happened: ({ references }) => inherited(references ?? []),
    next: () => 'Look at these cases in your worklist, the oldest first.',
  },
  'agreement-lapsing': {
    subject: 'Local sharing agreement about to lapse',
    happened: (of) =>
      `The local sharing agreement between your organisation and ${them(of, 'another one')} lapses${dueDay(of)}. Nothing is blocked by that: what may pass rests on each client's consent.`,
    next: () =>
      'Agree with the other organisation to renew it, sign it, and tell the administrator the new dates.',
  },
} as const satisfies Partial<Record<NoticeKind, NoticeWording>>;

function inherited(references: readonly string[]): string {
  const reason = 'A colleague is away or has left, and their open steps have come to you';
  return references.length === 0 ? `${reason}.` : `${reason}. Cases: ${references.join(', ')}.`;
}
