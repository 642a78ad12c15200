import { settleLines } from './consent-line.js';
import type { Effect } from './effect.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import { scopeKey } from './scope.js';
import type { World } from './world.js';

/**
 * A DPA1 that a contracted provider took counts for the job centre from its return, and for the provider itself at once: the job centre keeps
 * no record by a form that it does not have. What is returned is the client's decision as it stands: a newer one of the client counts.
 */
export function countReturnedDpa1(
  record: GuardRecord,
  world: World,
  nowMs: number,
): readonly Effect[] {
  const { name, client, senderAgency, recipientAgency } = record;
  if (name !== 'dpa1.returned' || !isCleared(record)) return [];
  if (client === undefined || recipientAgency === undefined) return [];
  const standing = world.scopesOf(client);
  const own = standing.get(scopeKey(senderAgency, senderAgency, 'record-on-lms'));
  if (own?.decision !== 'given' || own.consentId !== record.cause) return [];
  const { newer, lines } = settleLines([{ ...own, to: recipientAgency }], standing, nowMs);
  return [
    { kind: 'put-scopes', scopes: newer },
    { kind: 'keep-lines', lines },
  ];
}
