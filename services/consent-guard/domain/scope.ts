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

export const scopeKey = (from: string, to: string, purpose: Purpose): string => `${from}|${to}|${purpose}`;

/** A client's lines, by `scopeKey`. */
export type Scopes = ReadonlyMap<string, Scope>;

/** Does a newly recorded yes or no take the place of what stands? On a tie the no stands. (A withdrawal always does: `withdrawScopes`.) */
export function supersedes(newer: Scope, standing: Scope | undefined): boolean {
  if (standing === undefined) return true;
  if (newer.decidedAtMs !== standing.decidedAtMs) return newer.decidedAtMs > standing.decidedAtMs;
  return newer.decision !== 'given';
}
