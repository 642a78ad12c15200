import type { WorklistStep } from '#libs/contracts/ask.js';
import type { PartyShown } from '#libs/contracts/ask-around.js';

/** A referral that no provider has yet. */
export interface QueueStep {
  readonly step: WorklistStep;
  /** Whom the client's consent names and who has not declined; undefined where that cannot be had at present. */
  readonly providers: readonly PartyShown[] | undefined;
  /** Whether the desk still has the form: without it nothing can be passed on. */
  readonly isFormKept: boolean;
}

/** Of the steps of a single point of contact, those that wait for a provider: one a case, the oldest first. */
export function toPassOn(steps: readonly WorklistStep[], office: string): readonly WorklistStep[] {
  const waiting = steps
    .filter(({ party }) => party === office)
    .filter(({ step }) => step === 'acknowledge-referral' || step === 'choose-provider')
    .toSorted((one, other) => one.openedAt.localeCompare(other.openedAt));
  return waiting.filter(
    (step, index) => waiting.findIndex((each) => each.case === step.case) === index,
  );
}
