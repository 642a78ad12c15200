import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { stepAfter, stepFollowUps } from '#libs/contracts/step-outcomes.js';
import { outcomeSaid } from '#libs/contracts/what-follows.js';
import type { OpenStep, Surroundings, View } from './case-state.js';
import { dueOf, withOpened } from './open-steps.js';

/** A step that its owner said to be done, in no way that only a message can say. */
function stepSaidDone(
  { steps }: View,
  event: MeshEvent,
  { agencyOf }: Surroundings,
): OpenStep | undefined {
  const said = outcomeSaid(event.facts);
  if (said === undefined) return undefined;
  const follows = stepFollowUps[said.step][said.outcome].kind;
  if (follows === 'send' || follows === 'only-done') return undefined;
  const { about } = event.facts;
  return steps.find(
    ({ step, holder, cause }) =>
      step === said.step &&
      agencyOf(holder.party) === agencyOf(event.sender) &&
      (about === undefined || cause === about),
  );
}

/**
 * The owner of a step says how it ended: that step alone ends (the oldest, where `about` names none of several), and what the table
 * `stepFollowUps` names follows, with the same holder and the same other party. Who held no such step ends and opens nothing.
 */
export function followDone(view: View, event: MeshEvent, around: Surroundings): View {
  const done = stepSaidDone(view, event, around);
  const said = outcomeSaid(event.facts);
  if (done === undefined || said === undefined) return view;
  const next = stepAfter(said.step, said.outcome, event.senderKind);
  const opened =
    next === undefined
      ? []
      : [
          {
            ...done,
            step: next,
            cause: event.id,
            openedAt: event.recordedAt,
            dueOn: dueOf(next, event.recordedAt, undefined, { view, around }),
          },
        ];
  const isTold = done.step === 'tell-client' && endOf(said) === 'done';
  return {
    ...view,
    steps: withOpened(
      view.steps.filter((step) => step !== done),
      opened,
    ),
    ...(isTold ? { toldClient: new Set([...view.toldClient, done.root]) } : {}),
  };
}

function endOf({ step, outcome }: NonNullable<ReturnType<typeof outcomeSaid>>): string | undefined {
  const follows = stepFollowUps[step][outcome];
  return follows.kind === 'end' ? follows.end : undefined;
}
