import type { WorklistStep } from '#libs/contracts/ask.js';
import { nameOfType, ruleOf } from '#libs/contracts/message-table.js';
import { stepsOfRefusals } from '#libs/contracts/refusal-steps.js';

/**
 * Does the step go to whoever is named to hold the case? One of the team leader, of who sent a message, or of the person whom a form names
 * stays with them. The mesh decides; this says it beforehand, from the same tables.
 */
export function goesWithCase({ step, about }: Pick<WorklistStep, 'step' | 'about'>): boolean {
  const name = about === undefined ? undefined : nameOfType(about);
  if (name === undefined) return true;
  const template = ruleOf(name).opens.find((each) => each.step === step);
  if (template === undefined) return !stepsOfRefusals.has(step);
  return template.owner.who === 'caseworker';
}
