import { describe, expect, it } from '@jest/globals';
import { meshEvent } from '#test/support/router-events.js';
import { openSteps, toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const spoc = 'spoc_lsw';
const toProvider = { sender: jcp, to: trt };
const toCentre = { sender: trt, to: jcp };

describe('a refused message whose consent another takes', () => {
  it('ends by giving the client back, or when the message goes', () => {
    const refusedTo = { verdict: 'refused' as const, reason: 'no-consent-on-record' };
    const requested = meshEvent('referral.requested', { sender: jcp, to: spoc });
    const forward = { sender: spoc, to: trt, cause: requested.id };
    const refused = meshEvent('referral.forwarded', { ...forward, ...refusedTo });
    const owned = ['acknowledge-referral @ spoc_lsw', 'ask-taker @ spoc_lsw'];
    expect(openSteps([requested, refused])).toEqual(owned);
    expect(toldCase([requested, refused]).steps[1]).toMatchObject({ form: 'TPR1' });
    const declined = meshEvent('referral.declined', {
      sender: spoc,
      to: jcp,
      cause: requested.id,
      facts: { reason: 'service-not-offered' },
    });
    expect(openSteps([requested, refused, declined])).toEqual([
      'refer-elsewhere @ jcp_wandsworth',
      'tell-client @ jcp_wandsworth',
    ]);
    const passed = meshEvent('referral.forwarded', { ...forward, to: 'trt_beacon' });
    expect(openSteps([requested, refused, passed])).toEqual(['acknowledge-referral @ trt_beacon']);
    // What a referral came to says nothing of a review that was not covered.
    const review = meshEvent('review.offered', { ...toProvider, ...refusedTo });
    const back = meshEvent('referral.declined', { ...toCentre, facts: { reason: 'client-asked' } });
    expect(openSteps([review, back])).toContain('ask-taker @ jcp_wandsworth');
  });

  it('is told to nobody but the sender', () => {
    const requested = meshEvent('referral.requested', { sender: jcp, to: spoc });
    const refused = meshEvent('referral.forwarded', {
      sender: spoc,
      to: trt,
      cause: requested.id,
      verdict: 'refused',
      reason: 'no-consent-on-record',
    });
    const told = toldCase([requested, refused]).tellings.filter(
      ({ cause }) => cause === refused.id,
    );
    expect(told.map(({ kind, holder }) => `${kind} → ${holder.party}`)).toEqual([
      'ask-taker → spoc_lsw',
    ]);
  });
});
