import { type Category, type Purpose, categories } from '#libs/contracts/purposes.js';
import { type Scope, type Scopes, scopeKey } from './scope.js';

/** Why there is no consent: told apart inside, the same to everyone outside. */
export type NoConsent =
  'none' | 'refused' | 'withdrawn' | 'not-yet-valid' | 'lapsed' | 'unreadable';

export type ConsentAnswer =
  | { readonly allowed: true; readonly consentId: string; readonly excluded: readonly Category[] }
  | { readonly allowed: false; readonly why: NoConsent };

export interface ConsentQuestion {
  readonly from: string;
  readonly to: string;
  readonly purpose: Purpose;
}

/** May `from` tell `to` for this purpose now? Total; every road but one ends in a no. */
export function askConsent(
  scopes: Scopes,
  question: ConsentQuestion,
  nowMs: number,
): ConsentAnswer {
  const scope = scopes.get(scopeKey(question.from, question.to, question.purpose));
  return scope === undefined ? { allowed: false, why: 'none' } : standing(scope, nowMs);
}

/** The same for one pair of agencies, purpose by purpose: a form has a dozen fields and one purpose, or a few, and each is asked about once. */
export function askBetween(
  scopes: Scopes,
  { from, to }: Pick<ConsentQuestion, 'from' | 'to'>,
  nowMs: number,
): AskPurpose {
  const answers = new Map<Purpose, ConsentAnswer>();
  return (purpose) => {
    const known = answers.get(purpose);
    if (known !== undefined) return known;
    const answer = askConsent(scopes, { from, to, purpose }, nowMs);
    answers.set(purpose, answer);
    return answer;
  };
}

export type AskPurpose = (purpose: Purpose) => ConsentAnswer;

function standing(scope: Scope, nowMs: number): ConsentAnswer {
  if (!isReadable(scope)) return { allowed: false, why: 'unreadable' };
  if (scope.decision === 'refused' || scope.decision === 'withdrawn')
    return { allowed: false, why: scope.decision };
  if (scope.decision !== 'given' || Number.isNaN(nowMs))
    return { allowed: false, why: 'unreadable' };
  if (nowMs < scope.validFromMs) return { allowed: false, why: 'not-yet-valid' };
  if (nowMs >= scope.validUntilMs) return { allowed: false, why: 'lapsed' };
  return { allowed: true, consentId: scope.consentId, excluded: scope.excluded };
}

/** A row that holds anything it should not is no consent: an exclusion we cannot read may be one the client made. */
const isReadable = (scope: Scope): boolean =>
  Array.isArray(scope.excluded) &&
  scope.excluded.every(isCategory) &&
  Number.isFinite(scope.validFromMs) &&
  Number.isFinite(scope.validUntilMs) &&
  Number.isFinite(scope.decidedAtMs) &&
  scope.validFromMs < scope.validUntilMs &&
  typeof scope.consentId === 'string' &&
  scope.consentId !== '';

const isCategory = (category: Category): boolean => categories.includes(category);

export interface Dpa1Standing {
  readonly current: boolean;
  /** Until which instant, where it is current. */
  readonly untilMs?: number;
}

/**
 * May this agency keep the client's problem on its record (DPA1)? The client's newest decision on that record counts, whoever took it: the
 * agency itself or a contracted provider, once it returned it; on a tie the no. Step 6: without one the LMS entry waits.
 */
export function dpa1Standing(lines: Iterable<Scope>, agency: string, nowMs: number): Dpa1Standing {
  let newest = -Infinity;
  let last: Scope[] = [];
  for (const scope of lines) {
    if (scope.purpose !== 'record-on-lms' || scope.to !== agency) continue;
    // When it was made cannot be read: it may be the newest.
    const decidedAt = Number.isFinite(scope.decidedAtMs) ? scope.decidedAtMs : Infinity;
    if (decidedAt < newest) continue;
    if (decidedAt > newest) last = [];
    newest = decidedAt;
    last.push(scope);
  }
  if (last.length === 0 || !last.every((scope) => standing(scope, nowMs).allowed))
    return { current: false };
  return { current: true, untilMs: Math.min(...last.map((scope) => scope.validUntilMs)) };
}

export const isDpa1Current = (lines: Iterable<Scope>, agency: string, nowMs: number): boolean =>
  dpa1Standing(lines, agency, nowMs).current;
