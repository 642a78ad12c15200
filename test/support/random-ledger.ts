import * as fc from 'fast-check';
import { type Category, type Purpose, categories, purposes } from '#libs/contracts/purposes.js';
import type { Scope } from '#services/consent-guard/domain/scope.js';
import { monday, parties, scopeOf } from './guard-builders.js';

const agencies = [...new Set(parties.map(({ agency }) => agency))];
const dayMs = 24 * 3_600_000;
const day = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max }).map((days) => monday + days * dayMs);
/** Now and then a row holds what it should not. */
const orOdd = <T>(usual: fc.Arbitrary<T>, ...odd: readonly unknown[]): fc.Arbitrary<T> =>
  fc.oneof(
    { arbitrary: usual, weight: 30 },
    { arbitrary: fc.constantFrom(...(odd as readonly T[])), weight: 1 },
  );

/**
 * Lines of one client's ledger in every standing, and a few that are unreadable. One in two is from `river` to `jcp`. An instant often is
 * `monday` itself: the edge of what is valid.
 */
export const ledgerOf = (client: string): fc.Arbitrary<Scope[]> => {
  const ends = fc.oneof(
    fc.constant({ from: 'river', to: 'jcp' }),
    fc.record({ from: fc.constantFrom(...agencies), to: fc.constantFrom(...agencies) }),
  );
  const row = fc.record({
    ends,
    purpose: fc.constantFrom<Purpose>(...purposes),
    decision: orOdd(
      fc.constantFrom<Scope['decision']>(
        'given',
        'given',
        'given',
        'given',
        'refused',
        'withdrawn',
      ),
      'maybe',
      '',
    ),
    excluded: orOdd(
      fc.oneof(
        { arbitrary: fc.constant([]), weight: 2 },
        { arbitrary: fc.subarray<Category>([...categories], { maxLength: 3 }), weight: 1 },
      ),
      ['something'],
    ),
    validFromMs: orOdd(day(-4, 1), Number.NaN),
    validUntilMs: orOdd(day(-1, 20), Number.NaN),
    decidedAtMs: orOdd(day(-4, 0), Number.NaN),
    consentId: orOdd(fc.constant(scopeOf().consentId), ''),
  });
  return fc
    .uniqueArray(row, {
      maxLength: 24,
      size: 'max',
      selector: ({ ends: { from, to }, purpose }) => `${from} ${to} ${purpose}`,
    })
    .map((rows) => rows.map(({ ends: line, ...more }) => scopeOf({ client, ...line, ...more })));
};
