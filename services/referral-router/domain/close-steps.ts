import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { StepName } from '#libs/contracts/steps.js';
import type { OpenStep } from './case-state.js';

/**
 * The steps that stay open after a message that closes `names`. A case may involve several parties, so it closes only
 * - the sender's own steps: those towards this recipient; where there are none, all of that name, since the counterpart may have
 *   changed (a re-referral to another provider answers a did-not-attend of the first; a client moves to another office);
 * - the recipient's steps towards the sender, or towards nobody in particular (a review held closes the keyworker's care plan review);
 * - after an instruction of the guard to stop using: the recipient's steps, and what others still owe the recipient.
 */
export function stepsLeft(
  steps: readonly OpenStep[],
  names: readonly StepName[],
  event: MeshEvent,
): readonly OpenStep[] {
  if (names.length === 0) return steps;
  const closed = new Set(
    names.flatMap((name) =>
      closedBy(
        steps.filter(({ step }) => step === name),
        event,
      ),
    ),
  );
  return steps.filter((step) => !closed.has(step));
}

function closedBy(
  steps: readonly OpenStep[],
  { sender, senderKind, to }: MeshEvent,
): readonly OpenStep[] {
  if (senderKind === 'guard')
    return steps.filter(({ holder, other }) => holder.party === to || other === to);
  const own = steps.filter(({ holder }) => holder.party === sender);
  const ownTowards = own.filter(({ other }) => other === to);
  const theirs = steps.filter(
    ({ holder, other }) => holder.party === to && (other === undefined || other === sender),
  );
  return [...(ownTowards.length > 0 ? ownTowards : own), ...theirs];
}
