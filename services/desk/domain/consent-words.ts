import type { Category, ConsentForm, Purpose } from '#libs/contracts/purposes.js';

/** What may be told, so that it reads on from "may tell". */
export const purposeWords: Readonly<Record<Purpose, string>> = {
  'record-on-lms': 'a note on the job centre’s own record',
  'refer-to-treatment': 'the referral',
  'attendance-feedback': 'appointments, and whether the client came',
  'share-employment-needs': 'needs for work, training and support',
  'treatment-status': 'that structured treatment has begun',
  'exit-notice': 'that treatment has ended',
  'three-way-review': 'review meetings about work plans',
  'notify-jcp': 'notices of attendance to the job centre',
  'agree-ete-lead': 'who leads on work and training',
};

export const categoryWords: Readonly<Record<Category, string>> = {
  administration: 'Office details',
  appointment: 'Time and place of appointments',
  attendance: 'Whether the client came',
  identity: 'Name, date of birth, NI number',
  contact: 'Address and telephone',
  employment: 'Work, training and benefits',
  review: 'Review meetings',
  referral: 'Notes of the referral',
  exit: 'The end of treatment',
  'likely-exit': 'That treatment may end early',
  'treatment-status': 'That treatment has started',
  'access-route': 'How treatment was accessed',
  'treatment-summary': 'A summary of treatment',
  'criminal-justice-route': 'That the route was criminal justice',
};

/** In which a client may be told what a consent means. */
export const languages: readonly { readonly value: string; readonly text: string }[] = [
  { value: 'en', text: 'English' },
  { value: 'cy', text: 'Welsh' },
  { value: 'pl', text: 'Polish' },
  { value: 'ar', text: 'Arabic' },
];

export const formWords: Readonly<Record<ConsentForm, string>> = {
  DPA1: 'DPA1: what the job centre may keep on its record',
  TPR1: 'TPR1: the referral, and what comes back of it',
  TPR2: 'TPR2: what treatment shares for work and support',
};
