import { describe, expect, it } from '@jest/globals';
import { recallable } from '#services/consent-guard/adapters/delivery-recall.js';
import { GuardDesk } from '#test/support/guard-builders.js';

const { record } = new GuardDesk().send({
  from: 'tp_river',
  name: 'tpr2.shared',
  to: 'jcp_wandsworth',
});
const now = new Date('2027-12-07T10:30:00Z');
const hour = 3_600_000;
const longAgo = (ageMs: number, verdict: 'cleared' | 'waiting' = 'cleared') => {
  const recordedAt = new Date(now.getTime() - ageMs);
  return recallable(
    { ...record, verdict: { kind: verdict }, seq: 1, recordedAt },
    { recipient: 'jcp_wandsworth', now },
  ).longAgo;
};

describe('a delivery of which nobody knows where it lies', () => {
  it('is looked for where the broker may have forgotten its id, by the clock of the broker, whatever that of the mesh says', () => {
    expect(longAgo(30_000)).toBeUndefined();
    const since = longAgo(hour)?.getTime() ?? NaN;
    expect(Math.abs(Date.now() - hour - since)).toBeLessThan(10_000);
  });

  it('is looked for everywhere where nobody knows how long ago it was decided', () => {
    expect(longAgo(-hour)).toEqual(new Date(0));
    expect(longAgo(30_000, 'waiting')).toEqual(new Date(0));
  });
});
