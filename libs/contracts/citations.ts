import type { MessageName } from './message-table.js';

const referral = ['referral.requested', 'referral.forwarded'] as const;
const appointment = ['appointment.booked', 'appointment.moved'] as const;
const offer = ['review.offered', 'review.moved'] as const;

/** The types of message that a message may cite with the field that its rule names (`cites`). */
export const citations: Readonly<Partial<Record<MessageName, readonly MessageName[]>>> = {
  'referral.forwarded': referral,
  'referral.passed-on': referral,
  'referral.acknowledged': referral,
  'referral.declined': referral,
  'referral.handed-back': referral,
  'referral.cancelled': referral,
  'absence.nothing-more': ['appointment.did-not-attend'],
  'dpa1.returned': ['consent.recorded'],
  'appointment.booked': referral,
  'appointment.moved': appointment,
  'appointment.cancelled': appointment,
  'appointment.attended': referral,
  'appointment.did-not-attend': referral,
  'tpr2.receipt-noted': ['tpr2.shared'],
  'tpr2.passed-to-adviser': ['tpr2.shared'],
  'tpr2.no-trace': ['tpr2.shared'],
  'review.offered': ['review.requested', 'review.declined', 'review.not-held'],
  'review.moved': offer,
  'review.cancelled': ['review.requested', ...offer],
  'review.accepted': offer,
  'review.declined': offer,
  'review.held': offer,
  'review.not-held': offer,
  'review.outcome': offer,
  'exit.nothing-more': ['exit.notified'],
  'exit.stays-in-treatment': ['exit.notified'],
  'lead.agreed': ['lead.proposed'],
  'lead.declined': ['lead.proposed'],
  'client-view.approved': ['client-view.requested'],
};
