import type { Condition } from './condition.js';
import type { PartyKind } from './party.js';
import type { PersonSlot, RecordTest } from './steps.js';

/** What a person can be told by sealed mail. The text is rendered by the notifier; nothing of it stands outside the ciphertext. */
export const noticeKinds = [
  'referral-received',
  'referral-acknowledged',
  'appointment-booked',
  'did-not-attend',
  'attended',
  'employment-information-received',
  'receipt-noted',
  'passed-to-you',
  'no-trace',
  'dpa1-needed',
  'review-requested',
  'review-offered',
  'review-accepted',
  'review-declined',
  'review-held',
  'review-not-held',
  'review-outcome',
  'exit-notice',
  'claim-changed',
  'care-plan-review-due',
  'interview-due',
  'review-appointment-soon',
  'consent-lapsing',
  'stop-using',
  'step-overdue',
  'colleague-mail-held',
  'mail-failed',
  'seek-consent',
  'ask-taker',
  'send-again',
  'check-identity',
  'mend-consent',
  'choose-provider',
  'provider-notice',
  'referral-declined',
  'referral-handed-back',
  'referral-cancelled',
  'referral-passed-on',
  'appointment-moved',
  'appointment-cancelled',
  'outcome-corrected',
  'nothing-more-expected',
  'no-answer-yet',
  'provider-notice-due',
  'dpa1-returned',
  'dpa1-to-return',
  'take-off-record',
  'review-moved',
  'review-cancelled',
  'next-review-due',
  'outcome-profile-due',
  'exit-not-told',
  'stays-in-treatment',
  'lead-proposed',
  'lead-agreed',
  'lead-declined',
  'case-moved-here',
  'steps-inherited',
  'agreement-lapsing',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export interface NoticeTemplate {
  readonly kind: NoticeKind;
  readonly to: PersonSlot;
  readonly when?: Condition;
  readonly sentBy?: PartyKind;
  readonly sentTo?: PartyKind;
  readonly record?: RecordTest;
}

/** Up whose desk an overdue step goes, in order. Nothing is ever without an owner. */
export const escalations = ['owner', 'deputy', 'team-leader', 'manager'] as const;
export type Escalation = (typeof escalations)[number];
