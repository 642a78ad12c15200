import type { PartyKind } from './party.js';

/** What a disclosure is for. From the forms: joint-working protocol, "Consent". */
export const purposes = [
  'record-on-lms',
  'refer-to-treatment',
  'attendance-feedback',
  'share-employment-needs',
  'treatment-status',
  'exit-notice',
  'three-way-review',
  'notify-jcp',
  'agree-ete-lead',
] as const;
export type Purpose = (typeof purposes)[number];

export const consentForms = ['DPA1', 'TPR1', 'TPR2'] as const;
export type ConsentForm = (typeof consentForms)[number];

export interface ConsentFormRule {
  /** Who may take this consent: it differs from who discloses under it. */
  readonly takenBy: readonly PartyKind[];
  readonly purposes: readonly Purpose[];
  /** What the client must have been told first. */
  readonly statements: readonly string[];
}

const tpr2Statements = [
  'information-shared-to-coordinate',
  'record-updated-with-needs',
  'used-solely-for-barriers-to-work',
] as const;

/** Where the client was told this, a consent to share covers the notice of an exit too; a likely exit only where `exit-notice` is named. */
export const sharingCoversExit = 'sharing-includes-exit';

export const consentFormRules: Readonly<Record<ConsentForm, ConsentFormRule>> = {
  DPA1: {
    takenBy: ['jobcentre', 'contracted-provider'],
    purposes: ['record-on-lms', 'notify-jcp'],
    statements: [],
  },
  TPR1: {
    takenBy: ['jobcentre', 'contracted-provider'],
    purposes: ['refer-to-treatment', 'attendance-feedback'],
    statements: [],
  },
  TPR2: {
    takenBy: ['treatment-provider'],
    purposes: [
      'share-employment-needs',
      'treatment-status',
      'exit-notice',
      'three-way-review',
      'agree-ete-lead',
    ],
    statements: tpr2Statements,
  },
};

/**
 * Categories of information, from the least to the most sensitive. Every field of every form bears one; a field without one never
 * passes. `administration` says nothing about a client (references, addressee, telephone of an office).
 */
export const categories = [
  'administration',
  'appointment',
  'attendance',
  'identity',
  'contact',
  'employment',
  'review',
  'referral',
  'exit',
  'likely-exit',
  'treatment-status',
  'access-route',
  'treatment-summary',
  'criminal-justice-route',
] as const;
export type Category = (typeof categories)[number];

/** Left out unless the client ticked it. */
export const offByDefault: readonly Category[] = ['criminal-justice-route'];

export const isMoreSensitive = (one: Category, other: Category): boolean =>
  categories.indexOf(one) > categories.indexOf(other);
