import type { WorklistStep } from '#libs/contracts/ask.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';
import { chainOf, isCarePlanReminder, sidesOf } from './notice-chain.js';
import { isToldBy } from './notice-content.js';

/**
 * May the asker have this step on its worklist? Only where the record that it names as its cause is of that case, is one that the asker's
 * agency sent or was cleared to get, and opens such a step on that side: the same question as for a notice. The router's word is enough for
 * nothing.
 */
export function mayHoldStep(
  asker: Pick<DirectoryParty, 'agency' | 'kind'>,
  { cause, step, case: caseId }: Pick<WorklistStep, 'cause' | 'step' | 'case'>,
  recordOf: (id: string) => GuardRecord | undefined,
): boolean {
  const chain = chainOf(cause, recordOf);
  const root = chain.at(-1);
  if (root?.caseId !== caseId) return false;
  if (isCarePlanReminder(chain) && asker.kind !== 'treatment-provider') return false;
  return isToldBy(chain, sidesOf(root, asker), { kind: 'step-overdue', step });
}
