import type { PartyKind } from './party.js';

/** Jobs of people, as the protocol names them. */
export const jobs = [
  'adviser',
  'performance-team-leader',
  'nominated-officer',
  'drugs-coordinator',
  'keyworker',
  'duty-worker',
  'offender-manager',
  'manager',
] as const;
export type Job = (typeof jobs)[number];

/**
 * Who owns a step or gets a notice: a side of the message that opened it, and which person there.
 * `caseworker`: the person who holds the case at that party now (the client's current adviser, the keyworker), else the party's duty person.
 * `team-leader`: the party's performance team leader or nominated officer. `actor`: who sent the message.
 */
export interface PersonSlot {
  readonly side: 'sender' | 'recipient';
  readonly who: 'caseworker' | 'team-leader' | 'actor';
}

export const stepNames = [
  'acknowledge-referral',
  'book-first-appointment',
  'tell-outcome',
  'discuss-did-not-attend',
  'note-receipt',
  'pass-to-adviser',
  'complete-dpa1',
  'discuss-no-trace',
  'offer-review',
  'answer-review-offer',
  'hold-review',
  'tell-review-outcome',
  're-engage',
  'update-record',
  'review-care-plan',
  'hold-interview',
  'renew-consent',
  'stop-using',
  'seek-consent',
  'send-again',
  'check-identity',
  'choose-provider',
] as const;
export type StepName = (typeof stepNames)[number];

/** Working days allowed for each step, unless the deployment says otherwise. Protocol; those it does not state are ours. */
export const stepWorkingDays: Readonly<Record<StepName, number>> = {
  'acknowledge-referral': 2,
  'book-first-appointment': 15,
  'tell-outcome': 2,
  'discuss-did-not-attend': 10,
  'note-receipt': 2,
  'pass-to-adviser': 2,
  'complete-dpa1': 10,
  'discuss-no-trace': 10,
  'offer-review': 2,
  'answer-review-offer': 2,
  'hold-review': 2,
  'tell-review-outcome': 2,
  're-engage': 5,
  'update-record': 2,
  'review-care-plan': 5,
  'hold-interview': 5,
  'renew-consent': 10,
  'stop-using': 2,
  'seek-consent': 10,
  'send-again': 2,
  'check-identity': 2,
  'choose-provider': 2,
};

/**
 * A step that a message opens. Its clock starts when the message was recorded, or on the date that the fact `from` gives where that is
 * later (an appointment's outcome is told within 2 working days of the appointment). `when` = a fact must have this value. `sentBy` = only
 * where the sender is of this kind (a single point of contact passes a referral on, a provider books).
 */
export interface StepTemplate {
  readonly step: StepName;
  readonly owner: PersonSlot;
  readonly from?: string;
  readonly when?: { readonly fact: string; readonly is: string | boolean };
  readonly sentBy?: PartyKind;
}
