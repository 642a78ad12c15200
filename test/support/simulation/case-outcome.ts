import type { MessageName } from '#libs/contracts/message-table.js';
import { type EndName, stepFollowUps } from '#libs/contracts/step-outcomes.js';
import { outcomeSaid } from '#libs/contracts/what-follows.js';
import type { StepName } from '#libs/contracts/steps.js';
import type { CaseHistory, Said } from './case-history.js';

/** The ends that a client's case may come to. Nothing else counts as one. */
export type Outcome =
  | 'the client came, and the provider has them'
  | 'in treatment, and shared'
  | 'planned exit'
  | 'exit recorded at the provider'
  | 'unplanned exit, nothing more expected'
  | 'absence, nothing more expected'
  | 'referral cancelled'
  | 'no trace, discussed with the client'
  | 'consent withdrawn'
  | 'consent refused'
  | 'lead settled'
  | `owner said: ${EndName}`;

/** These decide nothing of where the client is: the one before them does. */
const besides: ReadonlySet<MessageName> = new Set([
  'case.next-attendance',
  'case.action-noted',
  'case.caseworker-named',
  'case.moved-office',
  'claim.started',
  'claim.ended',
  'claim.change-told',
  'referral.passed-on',
  'provider.notice',
  'dpa1.returned',
  'outcome-profile.recorded',
  'review.asked-at-job-centre',
  'instruction.stop-using',
]);
const besidesSteps: ReadonlySet<StepName> = new Set([
  'tell-client',
  'update-record',
  'stop-using',
  'take-off-record',
  'renew-consent',
  'complete-dpa1',
  'return-dpa1',
  'name-adviser',
  'hold-interview',
  'complete-outcome-profile',
  'send-provider-notice',
]);

const byMessage: Readonly<Partial<Record<MessageName, Outcome>>> = {
  'appointment.attended': 'the client came, and the provider has them',
  'careplan.agreed': 'in treatment, and shared',
  'careplan.reviewed': 'in treatment, and shared',
  'tpr2.receipt-noted': 'in treatment, and shared',
  'tpr2.passed-to-adviser': 'in treatment, and shared',
  'review.outcome': 'in treatment, and shared',
  'review.cancelled': 'in treatment, and shared',
  'exit.stays-in-treatment': 'in treatment, and shared',
  'exit.nothing-more': 'unplanned exit, nothing more expected',
  'absence.nothing-more': 'absence, nothing more expected',
  'referral.cancelled': 'referral cancelled',
  'consent.withdrawn': 'consent withdrawn',
  'lead.agreed': 'lead settled',
};

/**
 * The end that a case has come to where nobody has anything left to do in it, by the last message that decides where the client is.
 * Undefined where that is no end: then the client is lost.
 */
export function outcomeOf(history: CaseHistory): Outcome | undefined {
  const last = history.all.findLast((said) => said.passed && !isBeside(said));
  return last === undefined ? undefined : outcomeBy(last);
}

function isBeside({ name, facts, from }: Said): boolean {
  if (from.startsWith('svc_')) return true;
  if (name === 'consent.recorded') return facts['decision'] === 'given';
  if (name !== 'step.done') return besides.has(name);
  const said = outcomeSaid(facts);
  return said === undefined || besidesSteps.has(said.step);
}

function outcomeBy({ name, facts }: Said): Outcome | undefined {
  switch (name) {
    case 'exit.notified':
      return facts['exit'] === 'planned' ? 'planned exit' : undefined;
    case 'exit.recorded':
      return 'exit recorded at the provider';
    case 'consent.recorded':
      return 'consent refused';
    case 'step.done':
      return bySaid(facts);
    default:
      return byMessage[name];
  }
}

function bySaid(facts: Said['facts']): Outcome | undefined {
  const said = outcomeSaid(facts);
  if (said === undefined) return undefined;
  if (said.step === 'discuss-no-trace') return 'no trace, discussed with the client';
  const follows = stepFollowUps[said.step][said.outcome];
  return follows.kind === 'end' ? `owner said: ${follows.end}` : undefined;
}
