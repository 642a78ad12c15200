import { type MessageName, nameOfType, ruleOf } from '#libs/contracts/message-table.js';

/** What a person does by sending it: the words on the button. */
const actWords: Readonly<Partial<Record<MessageName, string>>> = {
  'consent.recorded': 'Record consent',
  'referral.requested': 'Refer',
  'referral.forwarded': 'Pass on to a provider',
  'referral.passed-on': 'Tell the referrer which provider',
  'referral.acknowledged': 'Acknowledge',
  'referral.declined': 'Decline, with a reason',
  'referral.handed-back': 'Hand back to the single point of contact',
  'referral.cancelled': 'Take the referral back',
  'absence.nothing-more': 'Tell the provider: nothing more is expected',
  'provider.notice': 'Send the notice (NFP or FND4)',
  'dpa1.returned': 'Return the DPA1',
  'appointment.booked': 'Book an appointment',
  'appointment.moved': 'Move the appointment',
  'appointment.cancelled': 'Cancel the appointment',
  'appointment.attended': 'Attended',
  'appointment.did-not-attend': 'Did not attend',
  'careplan.agreed': 'Care plan agreed',
  'careplan.reviewed': 'Care plan review held',
  'tpr2.shared': 'Share what work and support need (TPR2)',
  'tpr2.receipt-noted': 'Note receipt',
  'tpr2.passed-to-adviser': 'Pass to the adviser',
  'tpr2.no-trace': 'No trace of the client',
  'outcome-profile.recorded': 'Outcome profile (TOP)',
  'case.next-attendance': 'Note the next attendance',
  'case.action-noted': 'Note an action',
  'case.moved-office': 'Move the case to another office',
  'case.caseworker-named': 'Name who holds the case',
  'claim.started': 'Claim started',
  'claim.ended': 'Claim ended',
  'claim.change-told': 'Tell the keyworker of a change',
  'exit.notified': 'Tell of an exit from treatment',
  'exit.nothing-more': 'Tell the provider: nothing more is expected',
  'exit.stays-in-treatment': 'The client stays in treatment',
  'exit.recorded': 'Record the exit here only',
  'review.requested': 'Ask for a three-way review',
  'review.offered': 'Offer a review appointment',
  'review.moved': 'Move the review',
  'review.cancelled': 'Call the review off',
  'review.asked-at-job-centre': 'The customer asked for a review',
  'review.accepted': 'Accept the review appointment',
  'review.declined': 'Decline the review appointment',
  'review.held': 'The review was held',
  'review.not-held': 'The review was not held',
  'review.outcome': 'Tell what the review agreed',
  'lead.proposed': 'Propose who leads',
  'lead.agreed': 'Agree who leads',
  'lead.declined': 'Decline the proposed lead',
  'step.done': 'Say how a step ended',
};

export const actionWords = (name: MessageName): string => actWords[name] ?? ruleOf(name).title;

/** A message on the record, as a person reads it. */
export function titleOfType(type: string): string {
  const name = nameOfType(type);
  return name === undefined ? 'A message of a newer kind' : ruleOf(name).title;
}
