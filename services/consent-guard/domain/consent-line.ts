import { type Scope, type Scopes, isYes, scopeAfter, scopeKey } from './scope.js';
import { markOf } from './withdraw-consent.js';

/**
 * What one decision of the client did to one line of disclosure: the lineage of the ledger. `stands`: it decides the line from now on.
 * `merged`: it was made at the same moment as another yes; what both allow stands. `not-changed`: a newer decision stands, this one is
 * history from the start. `kept`: a withdrawal that expressly leaves the line as it is.
 */
export interface ConsentLine extends Pick<
  Scope,
  'client' | 'from' | 'to' | 'purpose' | 'decision'
> {
  /** The consent or withdrawal that the client made. */
  readonly decisionId: string;
  readonly outcome: 'stands' | 'merged' | 'not-changed' | 'kept';
  /** The decision that stood on the line before (and still does, where `not-changed` or `kept`). */
  readonly before: string | undefined;
}

export interface SettledLines {
  /** Lines whose state changes. */
  readonly newer: readonly Scope[];
  /** Lines that stay as they are because the client decided the opposite, later or at the same moment. */
  readonly outdone: readonly Scope[];
  readonly lines: readonly ConsentLine[];
}

/**
 * The lines of a consent against what stands: the client's newer decision counts. Nobody decides in the future: a clock that runs ahead
 * must not outdo the no of five minutes later.
 */
export function settleLines(
  taken: readonly Scope[],
  standing: Scopes,
  nowMs: number,
): SettledLines {
  const newer: Scope[] = [];
  const outdone: Scope[] = [];
  const lines: ConsentLine[] = [];
  for (const each of taken) {
    const scope = { ...each, decidedAtMs: Math.min(each.decidedAtMs, nowMs) };
    const before = standing.get(scopeKey(scope.from, scope.to, scope.purpose));
    const mark = markOf(standing, scope.purpose);
    const isWithdrawn =
      scope.decision === 'given' && mark !== undefined && scopeAfter(scope, mark) === undefined;
    const after = isWithdrawn ? undefined : scopeAfter(scope, before);
    if (after !== undefined) newer.push(after);
    else if (isWithdrawn || (before !== undefined && isYes(before) !== isYes(scope)))
      outdone.push(scope);
    lines.push({
      ...lineOf(scope),
      decisionId: scope.consentId,
      outcome: after === undefined ? 'not-changed' : after === scope ? 'stands' : 'merged',
      before: isWithdrawn ? mark.consentId : before?.consentId,
    });
  }
  return { newer, outdone, lines };
}

/** What a withdrawal did, line by line: ended, or expressly kept. */
export function withdrawnLines(
  withdrawalId: string,
  ended: readonly Scope[],
  kept: readonly Scope[],
): readonly ConsentLine[] {
  return [
    ...ended.map((scope) => ({
      ...lineOf(scope),
      decisionId: withdrawalId,
      outcome: 'stands' as const,
      before: scope.consentId,
    })),
    ...kept.map((scope) => ({
      ...lineOf(scope),
      decisionId: withdrawalId,
      outcome: 'kept' as const,
      before: scope.consentId,
    })),
  ];
}

const lineOf = ({
  client,
  from,
  to,
  purpose,
  decision,
}: Scope): Pick<Scope, 'client' | 'from' | 'to' | 'purpose' | 'decision'> => ({
  client,
  from,
  to,
  purpose,
  decision,
});
