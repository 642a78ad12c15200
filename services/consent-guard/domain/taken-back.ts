import { categories } from '#libs/contracts/purposes.js';
import type { Line } from './rests-on-lines.js';
import { type Scope, type Scopes, scopeKey } from './scope.js';

/**
 * What a newer decision takes back of the yes that stood: the whole line where it is a no; where it is a yes, what it rules out and the one
 * before did not, and all that is told under the line while it has not begun. What lies undelivered was judged by the one before.
 *
 * @param newer the lines as they stand from now on @param standing as they stood
 */
export function takenBack(
  newer: readonly Scope[],
  standing: Scopes,
  nowMs: number,
): readonly Line[] {
  return newer.flatMap((scope) => {
    const { from, to, purpose, decision } = scope;
    const before = standing.get(scopeKey(from, to, purpose));
    if (before?.decision !== 'given') return [];
    if (decision !== 'given') return [{ from, to, purpose }];
    const isInForce = scope.validFromMs <= nowMs && nowMs < scope.validUntilMs;
    const ruledOut = isInForce
      ? scope.excluded.filter((category) => !before.excluded.includes(category))
      : categories;
    return ruledOut.length === 0 ? [] : [{ from, to, purpose, ruledOut }];
  });
}
