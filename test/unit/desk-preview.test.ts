import { describe, expect, it } from '@jest/globals';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { agencies } from '#libs/contracts/participants.js';
import { isPreviewed } from '#services/desk/domain/previewed.js';
import { trialOrRefusal, trialShown } from '#services/desk/domain/trial-words.js';

const byPeople = messageNames.filter((name) =>
  ruleOf(name).from.some((kind) => agencies.includes(kind)),
);

/** They tell another agency something of the client. */
const looked: readonly MessageName[] = [
  'referral.requested',
  'referral.forwarded',
  'referral.passed-on',
  'referral.declined',
  'referral.handed-back',
  'provider.notice',
  'dpa1.returned',
  'appointment.booked',
  'appointment.moved',
  'appointment.attended',
  'appointment.did-not-attend',
  'tpr2.shared',
  'claim.change-told',
  'exit.notified',
  'review.requested',
  'review.offered',
  'review.moved',
  'review.accepted',
  'review.held',
  'review.not-held',
  'review.outcome',
  'lead.proposed',
];

/** To another agency, with nothing in them but what they answer. */
const contentFree: readonly MessageName[] = [
  'referral.acknowledged',
  'referral.cancelled',
  'absence.nothing-more',
  'appointment.cancelled',
  'tpr2.receipt-noted',
  'tpr2.no-trace',
  'exit.nothing-more',
  'exit.stays-in-treatment',
  'review.cancelled',
  'review.declined',
  'lead.agreed',
  'lead.declined',
];

/** For the agency's own record. */
const atHome: readonly MessageName[] = [
  'consent.recorded',
  'consent.withdrawn',
  'careplan.agreed',
  'careplan.reviewed',
  'tpr2.passed-to-adviser',
  'outcome-profile.recorded',
  'case.next-attendance',
  'case.action-noted',
  'case.moved-office',
  'case.caseworker-named',
  'claim.started',
  'claim.ended',
  'exit.recorded',
  'step.done',
  'review.asked-at-job-centre',
  'client-view.requested',
  'client-view.approved',
];

describe('before it goes, a message', () => {
  it('is shown field by field where it tells another agency of the client', () => {
    expect(byPeople.filter(isPreviewed).toSorted()).toEqual(looked.toSorted());
  });

  it('is not where it stays at home, or holds nothing that could be left out', () => {
    const others = byPeople.filter((name) => !isPreviewed(name));
    expect(others.toSorted()).toEqual([...contentFree, ...atHome].toSorted());
    expect(atHome.filter((name) => ruleOf(name).purpose !== null)).toEqual([]);
  });

  it('names what goes and what lacks, and no ids of other messages', () => {
    const trial = { passes: ['request', 'startsAt'], leftOut: [], lacks: [] };
    expect(trialShown({ ...trial, verdict: 'cleared' }).goes).toEqual(['Day and time']);
    const refused = { passes: [], leftOut: ['offer', 'on'], lacks: ['offer', 'on'] };
    expect(trialShown({ ...refused, verdict: 'refused' }).cannot).toBe(
      'The form makes no sense without: Day. The client’s consent does not cover it. Ask the client.',
    );
  });

  it('that something else than consent stands against says which, with the mesh’s own problem', () => {
    const problem = {
      status: 409,
      code: 'contradicts-record',
      title: 'Mend it',
      detail: 'it stands otherwise',
      errors: [],
    };
    expect(trialOrRefusal(problem)).toMatchObject({ mayGo: false, problem });
  });
});
