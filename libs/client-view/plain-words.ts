import type { ViewConsent, ViewEntry } from '#libs/contracts/client-view.js';
import { type MessageName, nameOfType, ruleOf } from '#libs/contracts/message-table.js';
import type { Category, Purpose } from '#libs/contracts/purposes.js';

/** What a message is about, so that it reads on from "told them". Types that are not here bear the title of the table. */
const messageWords: Partial<Record<MessageName, string>> = {
  'referral.requested': 'that you were referred for help',
  'referral.forwarded': 'that you were referred for help',
  'referral.passed-on': 'which service your referral was passed to',
  'referral.acknowledged': 'that they have your referral',
  'referral.declined': 'that they cannot take your referral, and why',
  'referral.handed-back': 'that they cannot take your referral, and why',
  'referral.cancelled': 'that your referral was taken back',
  'absence.nothing-more': 'that they need do nothing more for now',
  'appointment.booked': 'when and where your first appointment is',
  'appointment.moved': 'the new time and place of your first appointment',
  'appointment.cancelled': 'that your first appointment is off',
  'appointment.attended': 'that you came to your appointment',
  'appointment.did-not-attend': 'that you were not at your appointment',
  'provider.notice': 'whether you came to your appointment',
  'dpa1.returned': 'that you agreed to a note on the job centre’s record',
  'tpr2.shared': 'what you need to get into work, and that you are getting help',
  'tpr2.receipt-noted': 'that they have what was sent about you',
  'tpr2.passed-to-adviser': 'who your adviser is',
  'tpr2.no-trace': 'that they could not find you in their records',
  'claim.change-told': 'that your benefit claim changed',
  'review.requested': 'that a meeting about your work plans is wanted',
  'review.offered': 'a time for a meeting about your work plans',
  'review.moved': 'a new time for a meeting about your work plans',
  'review.cancelled': 'that the meeting is off',
  'review.accepted': 'that the time of the meeting suits',
  'review.declined': 'that the time of the meeting does not suit',
  'review.held': 'that the meeting took place',
  'review.not-held': 'that the meeting did not take place',
  'review.outcome': 'what was agreed at the meeting',
  'exit.notified': 'that your treatment ended, or may end',
  'exit.nothing-more': 'that they need do nothing more for now',
  'exit.stays-in-treatment': 'that your treatment goes on',
  'lead.proposed': 'who is to lead on work and training',
  'lead.agreed': 'that it is agreed who leads on work and training',
  'lead.declined': 'that it is not yet agreed who leads on work and training',
  'instruction.stop-using':
    'to stop using what they had about you, because you took your consent back',
};

export function wordsOfMessage(type: string): string {
  const name = nameOfType(type);
  if (name === undefined) return 'something about your case';
  return messageWords[name] ?? ruleOf(name).title;
}

export const categoryWords: Readonly<Record<Category, string>> = {
  administration: 'office details',
  appointment: 'time and place of appointments',
  attendance: 'whether you came',
  identity: 'your name, date of birth and National Insurance number',
  contact: 'your address and telephone number',
  employment: 'work, training and benefits',
  review: 'meetings about your work plans',
  referral: 'why you were referred',
  exit: 'the end of treatment',
  'likely-exit': 'that treatment may end early',
  'treatment-status': 'that treatment has started',
  'access-route': 'how you came to treatment',
  'treatment-summary': 'a short summary of your treatment',
  'criminal-justice-route': 'that you came by way of the police, courts or probation',
};

/** What may be told, so that it reads on from "may tell them". */
export const purposeWords: Readonly<Record<Purpose, string>> = {
  'record-on-lms': 'what it may keep on its own record',
  'refer-to-treatment': 'that you are referred for help',
  'attendance-feedback': 'when your appointments are and whether you came',
  'share-employment-needs': 'what you need to get into work',
  'treatment-status': 'that you are in treatment',
  'exit-notice': 'that your treatment has ended, or may end',
  'three-way-review': 'when to meet about your work plans, and what came of it',
  'notify-jcp': 'whether you came to your appointments',
  'agree-ete-lead': 'who leads on work and training, your keyworker or your offender manager',
};

export const stateWords: Readonly<Record<ViewConsent['state'], string>> = {
  given: 'You said yes',
  refused: 'You said no',
  withdrawn: 'You took your yes back',
  lapsed: 'Your yes has run out',
  'not-yet': 'Your yes has not begun yet',
};

/** Said beside an entry; nothing where it simply went. */
export const outcomeWords: Readonly<Record<ViewEntry['outcome'], string>> = {
  told: '',
  'told-in-part': 'Some things were left out.',
  waiting: 'It waits for somebody who can take it. Nobody has been told yet.',
  blocked: 'Blocked. It did not go.',
  stopped: 'Stopped. It was taken back before they read it.',
};

export const reasonWords: Readonly<Record<NonNullable<ViewEntry['reason']>, string>> = {
  'no-consent': 'You had not said yes to this.',
  withdrawn: 'You had taken your yes back.',
  limited: 'You had ruled out some of it by then.',
  'nobody-serves-area': 'Nobody could be found to take it.',
  'details-did-not-match': 'The details about you did not match. A person had to check them.',
  'form-was-wrong': 'The form was not filled in rightly.',
};
