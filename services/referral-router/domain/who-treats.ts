import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import type { CaseState } from './case-state.js';

type Treatment = Pick<CaseState, 'provider' | 'isInTreatment'>;

/** Who treats: the provider a referral reached, or who agreed a plan or shared needs; until an exit, one that is only likely excepted. */
export const whoTreats = (cleared: readonly MeshEvent[]): Treatment =>
  cleared.reduce(treatedAfter, { isInTreatment: false } as Treatment);

function treatedAfter(before: Treatment, event: MeshEvent): Treatment {
  const name = nameOfType(event.type);
  if (name === 'exit.notified' || name === 'exit.recorded')
    return event.facts['exit'] === 'unplanned-likely'
      ? before
      : { ...before, isInTreatment: false };
  const isReferral = name === 'referral.requested' || name === 'referral.forwarded';
  if (isReferral && event.recipientKind === 'treatment-provider')
    return { provider: event.to, isInTreatment: true };
  return name === 'careplan.agreed' || name === 'tpr2.shared'
    ? { provider: event.sender, isInTreatment: true }
    : before;
}
