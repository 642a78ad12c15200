import { describe, expect, it } from '@jest/globals';
import { nextProviders } from '#services/consent-guard/domain/next-providers.js';
import type { Scope } from '#services/consent-guard/domain/scope.js';
import { monday, scopeOf } from '#test/support/guard-builders.js';

const lineTo = (to: string, more: Partial<Scope> = {}): Scope =>
  scopeOf({ from: 'jcp', to, purpose: 'refer-to-treatment', ...more });

const asked = { agency: 'jcp', nowMs: monday };
const area = 'role:treatment@west-yorkshire';

describe('whom an agency may refer a client to next', () => {
  it('is everyone whom the consent names today', () => {
    const next = nextProviders([lineTo('acme'), lineTo('beacon'), lineTo(area)], [], asked);
    expect(next).toEqual({ agencies: ['acme', 'beacon'], roles: [area] });
  });

  it('is nobody on a line that the client refused, took back, or let lapse', () => {
    const lines = [
      lineTo('acme', { decision: 'refused' }),
      lineTo('beacon', { decision: 'withdrawn' }),
      lineTo('calder', { validUntilMs: monday }),
    ];
    expect(nextProviders(lines, [], asked)).toEqual({ agencies: [], roles: [] });
  });

  it('leaves out who declined', () => {
    const declines = [{ agency: 'acme', reason: 'no-capacity' }];
    const next = nextProviders([lineTo('acme'), lineTo('beacon')], declines, asked);
    expect(next.agencies).toEqual(['beacon']);
  });

  it('is nobody where the client asked for the last decline', () => {
    const lines = [lineTo('acme'), lineTo('beacon'), lineTo('calder')];
    const declines = [
      { agency: 'acme', reason: 'no-capacity' },
      { agency: 'beacon', reason: 'client-asked' },
    ];
    expect(nextProviders(lines, declines, asked)).toEqual({ agencies: [], roles: [] });
    expect(nextProviders(lines, declines.toReversed(), asked).agencies).toEqual(['calder']);
  });
});
