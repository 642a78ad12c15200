import type { MessageName } from '#libs/contracts/message-table.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { Category, Purpose } from '#libs/contracts/purposes.js';
import { purposeOf } from './minimise.js';
import { type Scope, anyone, scopeKey } from './scope.js';

/** A message that was cleared between two agencies: under which consents, and which kinds of information went. */
export interface Passed {
  readonly name: MessageName;
  readonly from: string;
  readonly to: string;
  readonly consents: readonly string[];
  readonly told: readonly Category[];
}

/** What an agency knows of a client's consents from the messages that it sent and got. */
export interface Sight {
  readonly agency: string;
  readonly passed: readonly Passed[];
}

/**
 * A line of consent as an agency may see it. Its own consents: as they are. One that another agency took: while it stands, once something
 * under it was cleared between the two; never a refusal, an exclusion or an end, which would tell that the client was there and said no.
 * @param taker the agency that took it; undefined where that is not known
 */
export function lineSeen(
  line: Scope,
  taker: string | undefined,
  { agency, passed, nowMs }: Sight & { readonly nowMs: number },
): Scope | undefined {
  if (line.from === anyone) return undefined;
  if (taker === agency) return line;
  const stands =
    line.decision === 'given' && line.validFromMs <= nowMs && nowMs < line.validUntilMs;
  if (!stands || !passed.some((message) => isUnder(message, line))) return undefined;
  return { ...line, excluded: [] };
}

function isUnder(message: Passed, { from, to, purpose, consentId }: Scope): boolean {
  if (!message.consents.includes(consentId)) return false;
  const way = scopeKey(message.from, message.to, purpose);
  // The answer to what came travels under the same consent, the other way.
  const isTheirs = way === scopeKey(from, to, purpose) || way === scopeKey(to, from, purpose);
  return isTheirs && purposesOf(message).includes(purpose);
}

function purposesOf({ name, told }: Passed): readonly Purpose[] {
  const { purpose, categoryPurposes } = ruleOf(name);
  if (purpose === null) return [];
  return [purpose, ...told.map((category) => purposeOf(category, purpose, categoryPurposes))];
}
