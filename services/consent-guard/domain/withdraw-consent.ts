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
 * A withdrawal takes the place of whatever was recorded before it, whatever instant it bears: it can never be too old to count. One that bears
 * an instant yet to come counts from now: a yes that comes after must not be measured by a wrong clock.
 */
export function withdrawScopes(
  scopes: Scopes,
  withdrawal: WithdrawalFormData,
  nowMs: number,
): readonly Scope[] {
  const withdrawnAtMs = Math.min(Date.parse(withdrawal.withdrawnAt), nowMs);
  return givenOn(scopes, withdrawal)
    .filter((scope) => !withdrawal.keep.includes(scope.purpose))
    .map((scope) => ({
      ...scope,
      decision: 'withdrawn' as const,
      decidedAtMs: latest(scope.decidedAtMs, withdrawnAtMs),
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
  nowMs: number,
): readonly Scope[] {
  const withdrawnAtMs = Math.min(Date.parse(data.withdrawnAt), nowMs);
  const ended = consentFormRules[data.form].purposes.filter(
    (purpose) => !data.keep.includes(purpose),
  );
  return marksOn(scopes, ended, {
    client,
    consentId: withdrawalId,
    form: data.form,
    decidedAtMs: withdrawnAtMs,
  });
}

/** Marks of a no on these purposes, as new as the newest there was. */
export const marksOn = (
  scopes: Scopes,
  purposes: readonly Purpose[],
  made: Pick<Scope, 'client' | 'consentId' | 'form' | 'decidedAtMs'>,
): readonly Scope[] =>
  purposes.map((purpose) => ({
    ...made,
    from: anyone,
    to: anyone,
    purpose,
    decision: 'withdrawn',
    excluded: [],
    validFromMs: 0,
    validUntilMs: 1,
    decidedAtMs: latest(markOf(scopes, purpose)?.decidedAtMs ?? 0, made.decidedAtMs),
  }));

/** The newest withdrawal of a purpose, if there was one. */
export const markOf = (scopes: Scopes, purpose: Purpose): Scope | undefined =>
  scopes.get(scopeKey(anyone, anyone, purpose));

const latest = (one: number, other: number): number =>
  Number.isFinite(one) ? Math.max(one, other) : other;
