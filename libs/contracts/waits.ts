import type { Condition } from './condition.js';
import type { MessageName } from './message-table.js';
import type { PersonSlot } from './steps.js';

/** Kinds of answer that a party can wait for. */
export const answerKinds = [
  'acknowledgement',
  'appointment',
  'attendance',
  'what-follows',
  'receipt',
  'review-offer',
  'review-answer',
  'review-held',
  'review-outcome',
  'lead-answer',
] as const;
export type AnswerKind = (typeof answerKinds)[number];

/**
 * What a party waits for after a message that it sent or got: a row of its worklist. It rests on that message, on what is cleared to
 * the party, and on the clock, on nothing that the party may not know. Past its day it becomes the party's own step `ask-client`,
 * alike for silence, refusal and withdrawal.
 * `waits`: the side that waits. `workingDays`: the counterpart's usual time, from the record or from the fact `from`.
 */
export interface Wait {
  readonly answer: AnswerKind;
  readonly waits: PersonSlot['side'];
  readonly workingDays: number;
  readonly endedBy: readonly MessageName[];
  readonly from?: string;
  readonly when?: Condition;
}

const outcome = ['appointment.attended', 'appointment.did-not-attend'] as const;
const gone = ['referral.declined', 'referral.cancelled', 'instruction.stop-using'] as const;
const reviewGone = [
  'review.cancelled',
  'exit.notified',
  'exit.recorded',
  'tpr2.no-trace',
  'instruction.stop-using',
] as const;

/** A newer time stands in an offer's place, and is answered instead. */
const offerAnswered = [
  'review.accepted',
  'review.declined',
  'review.offered',
  'review.moved',
] as const;

const attendance: Wait = {
  answer: 'attendance',
  waits: 'recipient',
  workingDays: 2,
  from: 'startsAt',
  endedBy: [...outcome, 'appointment.moved', 'appointment.cancelled', ...gone],
};

export const waits: Readonly<Partial<Record<MessageName, Wait>>> = {
  'referral.requested': {
    answer: 'acknowledgement',
    waits: 'sender',
    workingDays: 2,
    endedBy: [
      'referral.acknowledged',
      'referral.passed-on',
      'appointment.booked',
      ...outcome,
      ...gone,
    ],
  },
  // The single point of contact has answered; the provider that it chose has not.
  'referral.passed-on': {
    answer: 'acknowledgement',
    waits: 'recipient',
    workingDays: 2,
    endedBy: ['referral.acknowledged', 'appointment.booked', ...outcome, ...gone],
  },
  'referral.acknowledged': {
    answer: 'appointment',
    waits: 'recipient',
    workingDays: 15,
    endedBy: ['appointment.booked', ...outcome, ...gone],
  },
  'appointment.booked': attendance,
  'appointment.moved': attendance,
  'appointment.cancelled': {
    answer: 'appointment',
    waits: 'recipient',
    workingDays: 15,
    endedBy: ['appointment.booked', ...outcome, ...gone],
  },
  'appointment.did-not-attend': {
    answer: 'what-follows',
    waits: 'sender',
    workingDays: 12,
    endedBy: [
      'referral.requested',
      'absence.nothing-more',
      'appointment.attended',
      'appointment.booked',
      ...gone,
    ],
  },
  'tpr2.shared': {
    answer: 'receipt',
    waits: 'sender',
    workingDays: 2,
    endedBy: [
      'tpr2.receipt-noted',
      'tpr2.no-trace',
      'exit.notified',
      'exit.recorded',
      'instruction.stop-using',
    ],
  },
  'review.requested': {
    answer: 'review-offer',
    waits: 'sender',
    workingDays: 2,
    endedBy: ['review.offered', ...reviewGone],
  },
  'review.offered': {
    answer: 'review-answer',
    waits: 'sender',
    workingDays: 2,
    endedBy: [...offerAnswered, ...reviewGone],
  },
  'review.moved': {
    answer: 'review-answer',
    waits: 'sender',
    workingDays: 2,
    endedBy: [...offerAnswered, ...reviewGone],
  },
  'review.accepted': {
    answer: 'review-held',
    waits: 'sender',
    workingDays: 2,
    from: 'startsAt',
    endedBy: ['review.held', 'review.not-held', 'review.moved', ...reviewGone],
  },
  'review.declined': {
    answer: 'review-offer',
    waits: 'sender',
    workingDays: 2,
    endedBy: ['review.offered', 'review.moved', ...reviewGone],
  },
  'review.held': {
    answer: 'review-outcome',
    waits: 'recipient',
    workingDays: 2,
    endedBy: ['review.outcome', 'instruction.stop-using'],
  },
  'exit.notified': {
    answer: 'what-follows',
    waits: 'sender',
    workingDays: 7,
    when: { exit: 'unplanned' },
    endedBy: [
      'referral.requested',
      'exit.nothing-more',
      'exit.stays-in-treatment',
      'instruction.stop-using',
    ],
  },
  'lead.proposed': {
    answer: 'lead-answer',
    waits: 'sender',
    workingDays: 5,
    endedBy: [
      'lead.agreed',
      'lead.declined',
      'lead.proposed',
      'exit.recorded',
      'instruction.stop-using',
    ],
  },
};
