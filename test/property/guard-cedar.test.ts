import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { categories, purposes } from '#libs/contracts/purposes.js';
import { askConsent } from '#services/consent-guard/domain/ask-consent.js';
import { scopeKey } from '#services/consent-guard/domain/scope.js';
import { cedarAllows, cedarLines } from '#test/support/cedar-consent.js';
import { monday, uuidOf } from '#test/support/guard-builders.js';
import { ledgerOf } from '#test/support/random-ledger.js';

const client = uuidOf('client');
const fixed = { client, from: 'river', to: 'jcp', nowMs: monday };

describe('a policy of Cedar that asks the same', () => {
  it('allows what the guard allows, and nothing else: purpose by purpose, category by category', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(ledgerOf(client), fc.constantFrom(...categories), (scopes, category) => {
        const ledger = new Map(
          scopes.map((scope) => [scopeKey(scope.from, scope.to, scope.purpose), scope]),
        );
        const lines = cedarLines(scopes);
        for (const purpose of purposes) {
          const answer = askConsent(ledger, { from: 'river', to: 'jcp', purpose }, monday);
          const isAllowed = answer.allowed && !answer.excluded.includes(category);
          expect(`${purpose} ${cedarAllows(lines, { ...fixed, purpose, category })}`).toBe(
            `${purpose} ${isAllowed}`,
          );
          seen.add(answer.allowed ? (isAllowed ? 'allowed' : 'excluded') : answer.why);
        }
      }),
      { numRuns: 300 },
    );
    expect([...seen].toSorted()).toEqual([
      'allowed',
      'excluded',
      'lapsed',
      'none',
      'not-yet-valid',
      'refused',
      'unreadable',
      'withdrawn',
    ]);
  });
});
