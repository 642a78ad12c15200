import type { WithdrawalFormData } from '#libs/contracts/consent-forms.js';
import { type Purpose, consentFormRules } from '#libs/contracts/purposes.js';
import { type Scope, type Scopes, anyone, scopeKey } from './scope.js';

export interface Withdrawal {
  readonly withdrawalId: string;
  readonly client: string;
  readonly data: WithdrawalFormData;
}

/**
 * The lines that end with a withdrawal: every line that the client's consent on this form gave, but for the purposes expressly kept.
 * A withdrawal takes the place of whatever was recorded before it, whatever instant it bears: it can never be too old to count.
 */
export function withdrawScopes(scopes: Scopes, withdrawal: WithdrawalFormData): readonly Scope[] {
  return givenOn(scopes, withdrawal)
    .filter((scope) => !withdrawal.keep.includes(scope.purpose))
    .map((scope) => ({
      ...scope,
      decision: 'withdrawn' as const,
      decidedAtMs: latest(scope.decidedAtMs, Date.parse(withdrawal.withdrawnAt)),
    }));
}

/** The lines that the client expressly keeps. */
export const keptScopes = (scopes: Scopes, withdrawal: WithdrawalFormData): readonly Scope[] =>
  givenOn(scopes, withdrawal).filter((scope) => withdrawal.keep.includes(scope.purpose));

const givenOn = (scopes: Scopes, { form }: WithdrawalFormData): readonly Scope[] =>
  [...scopes.values()].filter(
    (scope) => scope.from !== anyone && scope.form === form && scope.decision === 'given',
  );

/**
 * The withdrawal's own marks, one a purpose, on a line of nobody: a consent that the client gave before it but that is recorded after it
 * (another agency's, late on the road) is older than its mark and does not count.
 */
export function withdrawalMarks(
  scopes: Scopes,
  { withdrawalId, client, data }: Withdrawal,
): readonly Scope[] {
  const ended = consentFormRules[data.form].purposes.filter(
    (purpose) => !data.keep.includes(purpose),
  );
  return ended.map((purpose) => ({
    client,
    from: anyone,
    to: anyone,
    purpose,
    decision: 'withdrawn',
    excluded: [],
    validFromMs: 0,
    validUntilMs: 1,
    decidedAtMs: latest(markOf(scopes, purpose)?.decidedAtMs ?? 0, Date.parse(data.withdrawnAt)),
    consentId: withdrawalId,
    form: data.form,
  }));
}

/** The newest withdrawal of a purpose, if there was one. */
export const markOf = (scopes: Scopes, purpose: Purpose): Scope | undefined =>
  scopes.get(scopeKey(anyone, anyone, purpose));

const latest = (one: number, other: number): number =>
  Number.isFinite(one) ? Math.max(one, other) : other;
