import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorRules } from '#libs/contracts/error-codes.js';
import { refusalProblem } from '#services/gateway/domain/tell-timeline.js';
import { noticeWording } from '#services/notifier/domain/notice-wording.js';
import {
  comparePairs,
  smallestDelayFound,
  standings,
  tryStandings,
  type Trials,
} from '#test/support/existence-trials.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { allow } from '#test/support/pace.js';
import { kolmogorovSmirnov, quantile } from '#test/support/two-samples.js';

/*
 * A client unknown, known and never asked, withdrawn, lapsed, refused: who sends gets the same answer, after times whose distributions the
 * two-sample Kolmogorov-Smirnov test does not tell apart (every pair, family-wise level 1e-4 by Bonferroni, interleaved trials in shuffled
 * order; once more with fresh samples before it fails, so that chance fails it once in 1e8). `npm run bench -- existence` takes more trials.
 */

const alpha = 1e-4;
const rounds = 300;

let mesh: GuardMesh;
let trials: Trials;
beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  trials = await tryStandings(mesh, rounds);
}, allow(300_000));
afterAll(() => mesh?.stop());

describe('a refusal for want of consent', () => {
  it('is the same answer to the byte, but for ids and instants, whatever the client is to the mesh', () => {
    const all = new Set(standings.flatMap((standing) => [...trials.answers[standing]]));
    expect([...all]).toHaveLength(1);
    expect([...all][0]).toContain('"reason":"no-consent-on-record"');
    expect([...all][0]).toContain('"task":"seek-consent"');
  });

  it(
    'comes after times that the statistic does not tell apart',
    async () => {
      const told = () => comparePairs(trials, alpha).filter(({ d, critical }) => d > critical);
      if (told().length > 0) trials = await tryStandings(mesh, rounds);
      expect(told()).toEqual([]);
    },
    allow(300_000),
  );

  it('would be told apart if one of them took longer: 2 ms more, or a spread of the sample where the machine is busy', () => {
    const spread = quantile(trials.times.unknown, 0.75) - quantile(trials.times.unknown, 0.25);
    expect(smallestDelayFound(trials, alpha)).toBeLessThanOrEqual(Math.max(2, spread));
  });

  it('says at the edge and in the mail that it is no legal bar, and that safeguarding has its own route', () => {
    const words = /not a legal bar: safeguarding has its own route/;
    expect(errorRules['no-consent-on-record'].title).toMatch(words);
    const timeline = {
      id: 'x',
      type: '',
      sender: 'a',
      to: 'b',
      time: '',
      state: 'refused' as const,
    };
    const document = refusalProblem({
      ...timeline,
      records: [{ verdict: 'refused', reason: 'no-consent-on-record', at: '' }],
    });
    expect(document?.title).toMatch(words);
    expect(document?.detail).toMatch(words);
    expect(JSON.stringify(Object.values(noticeWording['seek-consent']).map(String))).toMatch(words);
  });
});

describe('the statistic', () => {
  it('finds a shift and is silent where there is none', () => {
    const sample = Array.from({ length: 300 }, (_, n) => 5 + 3 * Math.sin(n * 12.9898) ** 2);
    const [half, otherHalf] = [
      sample.filter((_, n) => n % 2 === 0),
      sample.filter((_, n) => n % 2 === 1),
    ];
    const alike = kolmogorovSmirnov(half, otherHalf, 1e-5);
    expect(alike.d).toBeLessThan(alike.critical);
    const shifted = kolmogorovSmirnov(
      half,
      otherHalf.map((ms) => ms + 2),
      1e-5,
    );
    expect(shifted.d).toBeGreaterThan(shifted.critical);
  });
});
