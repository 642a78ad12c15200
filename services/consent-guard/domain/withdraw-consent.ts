import type { WithdrawalFormData } from '#libs/contracts/consent-forms.js';
import type { Scope, Scopes } from './scope.js';

/**
 * The lines that end with a withdrawal: every line that the client's consent on this form gave, but for the purposes expressly kept.
 * A withdrawal takes the place of whatever was recorded before it, whatever instant it bears: it can never be too old to count.
 */
export function withdrawScopes(scopes: Scopes, withdrawal: WithdrawalFormData): readonly Scope[] {
  return [...scopes.values()]
    .filter((scope) => scope.form === withdrawal.form && scope.decision === 'given' && !withdrawal.keep.includes(scope.purpose))
    .map((scope) => ({
      ...scope,
      decision: 'withdrawn' as const,
      decidedAtMs: Math.max(scope.decidedAtMs, Date.parse(withdrawal.withdrawnAt)),
    }));
}
