import type { Category, ConsentForm, Purpose } from '#libs/contracts/purposes.js';

/**
 * The client's newest decision for one line of disclosure: from an agency, to an agency (or a role in an area), for a purpose.
 * One line has one state; history is in the table of consents. Instants in milliseconds since 1970.
 *
 *   (none) ──given──▶ given ──withdrawn──▶ withdrawn ──given, later──▶ given
 *      └───refused──▶ refused ──given, later──▶ given        given ──until passes──▶ lapsed (read, not stored)
 */
export interface Scope {
  readonly client: string;
  readonly from: string;
  readonly to: string;
  readonly purpose: Purpose;
  readonly decision: 'given' | 'refused' | 'withdrawn';
  readonly excluded: readonly Category[];
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** When the client decided; the newer decision supersedes the older of the same line. */
  readonly decidedAtMs: number;
  readonly consentId: string;
  readonly form: ConsentForm;
}

export const scopeKey = (from: string, to: string, purpose: Purpose): string =>
  `${from}|${to}|${purpose}`;

/** In `from` and `to` of a withdrawal's own mark (`withdrawScopes`): no party and no role bears it. */
export const anyone = '*';

/** A client's lines, by `scopeKey`. */
export type Scopes = ReadonlyMap<string, Scope>;

/**
 * What stands on a line after one more yes or no, or undefined where the line stays as it is. The newer decision of the client; of two
 * made at the same moment the no, and of two yeses what both allow. So the order of recording does not matter. (A withdrawal always
 * takes its place: `withdrawScopes`.)
 */
export function scopeAfter(scope: Scope, standing: Scope | undefined): Scope | undefined {
  if (standing === undefined || !Number.isFinite(standing.decidedAtMs)) return scope;
  if (scope.decidedAtMs !== standing.decidedAtMs)
    return scope.decidedAtMs > standing.decidedAtMs ? scope : undefined;
  if (!isYes(scope)) return scope;
  if (!isYes(standing)) return undefined;
  return {
    ...(scope.consentId > standing.consentId ? scope : standing),
    excluded: [...new Set([...scope.excluded, ...standing.excluded])].toSorted(),
    validFromMs: Math.max(scope.validFromMs, standing.validFromMs),
    validUntilMs: Math.min(scope.validUntilMs, standing.validUntilMs),
  };
}

export const isYes = ({ decision }: Pick<Scope, 'decision'>): boolean => decision === 'given';
