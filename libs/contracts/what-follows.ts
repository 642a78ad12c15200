import { type Condition, meets } from './condition.js';
import { type MessageName, ruleOf } from './message-table.js';
import type { NoticeTemplate } from './notices.js';
import type { PartyKind } from './party.js';
import { senderCaseworker } from './participants.js';
import type { FactValue } from './service-forms.js';
import { type StepOutcome, stepAfter, stepOutcomes } from './step-outcomes.js';
import { stepEnds } from './step-ends.js';
import { type StepName, type StepTemplate, stepNames } from './steps.js';

/** A message that was cleared, as far as it says what follows from it. Router and guard read it alike. */
export interface Cleared {
  readonly name: MessageName;
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly senderKind: PartyKind | 'guard';
  readonly recipientKind?: PartyKind | undefined;
}

/** The steps that it opens. `ifOpen`, `inPlaceOf`, `unlessNamed` and `record` are left to who knows the case. */
export function stepsOpenedBy(message: Cleared): readonly StepTemplate[] {
  if (message.name === 'step.done') return stepAfterDone(message);
  return ruleOf(message.name).opens.filter((template) => isMeant(template, message));
}

/** The notices that it causes. */
export function noticesOf(message: Cleared): readonly NoticeTemplate[] {
  return ruleOf(message.name).notices.filter((template) => isMeant(template, message));
}

/** `stepEnds` by message instead of by step. */
const endsBy = new Map<MessageName, { readonly step: StepName; readonly when?: Condition }[]>();
for (const step of stepNames)
  for (const { by, when } of stepEnds[step].ends) {
    const ends = endsBy.get(by) ?? [];
    endsBy.set(by, [...ends, { step, ...(when === undefined ? {} : { when }) }]);
  }

/** The facts, and the kinds of sender and recipient, are as a row of the table asks. */
const isMeant = (
  { when, sentBy, sentTo }: Pick<StepTemplate, 'when' | 'sentBy' | 'sentTo'>,
  { facts, senderKind, recipientKind }: Cleared,
): boolean =>
  meets(facts, when) &&
  (sentBy === undefined || sentBy === senderKind) &&
  (sentTo === undefined || sentTo === recipientKind);

/** The steps that it ends, by the table `stepEnds`. Whose they are is for the router to say. */
export function stepsEndedBy({
  name,
  facts,
}: Pick<Cleared, 'name' | 'facts'>): readonly StepName[] {
  const ended = (endsBy.get(name) ?? []).filter(({ when }) => meets(facts, when));
  return [...new Set(ended.map(({ step }) => step))];
}

/** The step and the outcome that a `step.done` names; undefined where it names none that is known. */
export function outcomeSaid(
  facts: Cleared['facts'],
): { readonly step: StepName; readonly outcome: StepOutcome } | undefined {
  const step = stepNames.find((each) => each === facts['step']);
  const outcome = stepOutcomes.find((each) => each === facts['outcome']);
  return step === undefined || outcome === undefined ? undefined : { step, outcome };
}

/** What follows stays with the owner of the step that ended: the router gives it the same holder. */
function stepAfterDone({ facts, senderKind }: Cleared): readonly StepTemplate[] {
  const said = outcomeSaid(facts);
  const next = said === undefined ? undefined : stepAfter(said.step, said.outcome, senderKind);
  return next === undefined ? [] : [{ step: next, owner: senderCaseworker }];
}
