import type { Category, Purpose } from '#libs/contracts/purposes.js';
import { type Scope, type Scopes, scopeKey } from './scope.js';

/** Why there is no consent: told apart inside, the same to everyone outside. */
export type NoConsent = 'none' | 'refused' | 'withdrawn' | 'not-yet-valid' | 'lapsed' | 'unreadable';

export type ConsentAnswer =
  | { readonly allowed: true; readonly consentId: string; readonly excluded: ReadonlySet<Category> }
  | { readonly allowed: false; readonly why: NoConsent };

export interface ConsentQuestion {
  readonly from: string;
  readonly to: string;
  readonly purpose: Purpose;
}

/** May `from` tell `to` for this purpose now? Total; every road but one ends in a no. */
export function askConsent(scopes: Scopes, question: ConsentQuestion, nowMs: number): ConsentAnswer {
  const scope = scopes.get(scopeKey(question.from, question.to, question.purpose));
  if (scope === undefined) return { allowed: false, why: 'none' };
  if (!isReadable(scope)) return { allowed: false, why: 'unreadable' };
  if (scope.decision === 'refused' || scope.decision === 'withdrawn') return { allowed: false, why: scope.decision };
  if (scope.decision !== 'given') return { allowed: false, why: 'unreadable' };
  if (nowMs < scope.validFromMs) return { allowed: false, why: 'not-yet-valid' };
  if (nowMs >= scope.validUntilMs) return { allowed: false, why: 'lapsed' };
  return { allowed: true, consentId: scope.consentId, excluded: new Set(scope.excluded) };
}

const isReadable = (scope: Scope): boolean =>
  Array.isArray(scope.excluded) &&
  Number.isFinite(scope.validFromMs) &&
  Number.isFinite(scope.validUntilMs) &&
  scope.validFromMs < scope.validUntilMs &&
  scope.consentId !== '';

/** Is a DPA1 on record with this agency (its own, or one that a contracted provider returned)? Step 6: without one the LMS entry waits. */
export function isDpa1Current(scopes: Scopes, agency: string, nowMs: number): boolean {
  return [...scopes.values()].some(
    (scope) =>
      scope.to === agency &&
      scope.purpose === 'record-on-lms' &&
      askConsent(scopes, { from: scope.from, to: agency, purpose: 'record-on-lms' }, nowMs).allowed,
  );
}
