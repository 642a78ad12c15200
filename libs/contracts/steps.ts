import type { Condition } from './condition.js';
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
 * `caseworker`: who holds the case at that party now (the client's current adviser, the keyworker), else its duty person.
 * `team-leader`: the party's performance team leader or nominated officer. `actor`: who sent the message.
 * `addressee`: the person whom the message names (TPR2), else the team leader.
 */
export interface PersonSlot {
  readonly side: 'sender' | 'recipient';
  readonly who: 'caseworker' | 'team-leader' | 'actor' | 'addressee';
}

/** Working days allowed for each step, unless the deployment says otherwise. Protocol; those it does not state are ours. */
export const stepWorkingDays = {
  'acknowledge-referral': 2,
  'choose-provider': 2,
  'refer-elsewhere': 5,
  'tell-provider-cancelled': 1,
  'book-first-appointment': 15,
  'tell-client': 2,
  'tell-outcome': 2,
  'discuss-did-not-attend': 10,
  'tell-nothing-more': 2,
  'ask-client': 10,
  'send-provider-notice': 2,
  'name-adviser': 2,
  'complete-dpa1': 10,
  'return-dpa1': 2,
  'note-receipt': 2,
  'pass-to-adviser': 2,
  'discuss-no-trace': 10,
  'offer-review': 2,
  'answer-review-offer': 2,
  'hold-review': 2,
  'tell-review-outcome': 2,
  'cancel-review': 1,
  'request-review': 5,
  're-engage': 5,
  'update-record': 2,
  'record-exit': 2,
  'review-care-plan': 5,
  'complete-outcome-profile': 5,
  'hold-interview': 5,
  'propose-lead': 5,
  'answer-lead': 5,
  'renew-consent': 10,
  'take-off-record': 2,
  'stop-using': 2,
  'seek-consent': 10,
  'ask-taker': 5,
  'send-again': 2,
  'check-identity': 2,
  'mend-consent': 1,
} as const;
export type StepName = keyof typeof stepWorkingDays;

export const stepNames = Object.keys(stepWorkingDays) as [StepName, ...StepName[]];

/**
 * What the agency itself knows of the DPA1 that lets it keep a record. `kept`: one stands. `opened`: one stands from this message on, and
 * a TPR2 waited for it. `not-refused`: the client has not said no, or taken it back: then there is never another request.
 */
export type RecordTest = 'kept' | 'opened' | 'not-refused';

/**
 * A step that a message opens. Its clock starts when the message was recorded, or on the date that the fact `from` gives where that is
 * later (an appointment's outcome is told within 2 working days of the appointment). `when`: what the facts must say. `sentBy`, `sentTo`:
 * only where the sender or the recipient is of this kind (a single point of contact passes a referral on, a provider books). `ifOpen`:
 * only while one of these steps is open in the case. `inPlaceOf`: only where the message ends one of these steps, or the wait for an answer
 * about a referral: the client is not lost with it. `record`: see `RecordTest`. `unlessNamed`: only where the agency has named nobody for the case, nor is asked to.
 */
export interface StepTemplate {
  readonly step: StepName;
  readonly owner: PersonSlot;
  readonly from?: string;
  readonly when?: Condition;
  readonly sentBy?: PartyKind;
  readonly sentTo?: PartyKind;
  readonly ifOpen?: readonly StepName[];
  readonly inPlaceOf?: readonly StepName[];
  readonly unlessNamed?: true;
  readonly record?: RecordTest;
}
