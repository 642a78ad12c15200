import { randomInt } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type Summary, renderSummary, simulate } from '#test/support/simulation/simulate.js';

/** New in each run, and printed where it finds something: `npm run simulate -- --seed <it>` plays the same years again. */
const seed = randomInt(1_000_000_000);
const summary: Summary = simulate({ referrals: 200, seed });

describe('two hundred clients over a year, on paper', () => {
  it('never leaves one without an owner or a stated end', () => {
    expect({ seed, lost: summary.lost }).toEqual({ seed, lost: [] });
  });

  it('sends no mail outside office hours but alerts and stop-using', () => {
    expect({ seed, mails: summary.mailsOutsideHours }).toEqual({ seed, mails: [] });
  });

  it('chases for no step whose reason has gone', () => {
    expect({ seed, steps: summary.escalatedWithoutReason }).toEqual({ seed, steps: [] });
  });

  it('is a year in which much happened', () => {
    expect(summary.messages).toBeGreaterThan(2_000);
    expect(summary.escalations).toBeGreaterThan(200);
    expect(Object.keys(summary.ends).length).toBeGreaterThan(4);
    expect(renderSummary(summary)).toContain(`seed ${seed}: 200 clients`);
  });

  it('is the same year again from the same seed', () => {
    const once = simulate({ referrals: 5, seed });
    expect(simulate({ referrals: 5, seed }).ends).toEqual(once.ends);
  });
});
