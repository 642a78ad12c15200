import { formBehind, refusalStep } from '#libs/contracts/refusal-steps.js';
import { type MessageName, nameOfType } from '#libs/contracts/message-table.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { StepName, StepTemplate } from '#libs/contracts/steps.js';
import { noticesOf, stepsOpenedBy } from '#libs/contracts/what-follows.js';
import type { OpenStep, Surroundings, View } from './case-state.js';
import { keepPart } from './case-part.js';
import { stepsLeft } from './close-steps.js';
import { followDone } from './follow-done.js';
import { isToBeUpdated, passesRecord } from './keep-record.js';
import { keepWaits, settleWaits } from './keep-waits.js';
import { moveOffice } from './move-office.js';
import { namingsOf } from './name-caseworkers.js';
import { openStep, withOpened } from './open-steps.js';
import { planReminder } from './plan-reminder.js';
import { tell } from './tell-people.js';

/**
 * A case as an agency sees it, after one more event that it knows of, read off the tables: what it closes, opens, whom it names, who is to
 * be told.
 * - cleared: the sender has acted. Stopped since: the recipient never had it, so it opens nothing and tells nobody.
 * - waiting: nobody has it yet. The router answers with a party; what the message opens starts then.
 * - refused, stopped: the drop is the sender's at once, where the reason has a step.
 */
export function advanceCase(view: View, event: MeshEvent, around: Surroundings): View {
  const name = nameOfType(event.type);
  const begun = { ...view, since: view.since ?? event.recordedAt };
  return name === undefined ? begun : byVerdict[event.verdict](begun, event, name, around);
}

type Advance = (view: View, event: MeshEvent, name: MessageName, around: Surroundings) => View;

const act: Advance = (view, event, name, around) => {
  if (name === 'reminder.due') return remind(view, event, around);
  const named = { ...view, namings: namingsOf(view.namings, event, name) };
  return settleWaits(pass(named, event, name, around));
};

const drop: Advance = (view, event, name, around) => {
  const dropped = refusalStep(name, event.reason ?? '', event.senderKind);
  if (dropped === undefined || around.agencyOf(event.sender) !== around.agency) return view;
  const { step, notice, owner } = dropped;
  const opened = openStep(view, event, name, { template: { step, owner }, around });
  return {
    ...view,
    steps: withOpened(view.steps, opened),
    tellings: [
      ...view.tellings,
      ...tell(view, event, owner, { kind: notice, opened, before: view }),
    ],
  };
};

const byVerdict: Readonly<Record<MeshEvent['verdict'], Advance>> = {
  cleared: act,
  'cleared-in-part': act,
  waiting: (view, event, name) => ({ ...view, namings: namingsOf(view.namings, event, name) }),
  refused: drop,
  stopped: drop,
};

const pass: Advance = (view, event, name, around) => {
  if (name === 'step.done') return keepPart(followDone(view, event, around), event, name, around);
  const left = {
    ...view,
    steps: stepsLeft(view, event, name, around).filter((step) => !isSentAgain(step, event, around)),
  };
  const ended = keepPart(keepWaits(left, event, name, around), event, name, around);
  const moved = name === 'case.moved-office' ? moveOffice(ended, event, around) : ended;
  return around.isDropped(event.id) ? moved : open(moved, event, name, { before: view, around });
};

/** What a message opens, and whom it tells. `before`: what was open when it came, which it may have ended. */
function open(
  view: View,
  event: MeshEvent,
  name: MessageName,
  { before, around }: { readonly before: View; readonly around: Surroundings },
): View {
  const { facts, senderKind, recipientKind } = event;
  const message = { name, facts, senderKind, recipientKind };
  const opened = stepsOpenedBy(message)
    .filter(
      (template) =>
        isCalledFor(template, before, view, around) &&
        passesRecord(template.record, before, view) &&
        !(name === 'tpr2.passed-to-adviser' && isToBeUpdated(view, event, template.step, around)),
    )
    .flatMap((template) => openStep(view, event, name, { template, around }));
  const told = noticesOf(message)
    .filter(({ record }) => passesRecord(record, before, view))
    .flatMap(({ kind, to }) => tell(view, event, to, { kind, opened, before }));
  return {
    ...view,
    steps: withOpened(view.steps, opened),
    tellings: [...view.tellings, ...told],
  };
}

/** By the steps and waits of the agency that were open before, and are left. */
function isCalledFor(
  { step: name, ifOpen, inPlaceOf, unlessNamed }: StepTemplate,
  before: View,
  left: View,
  { agency, agencyOf }: Surroundings,
): boolean {
  if (ifOpen !== undefined) return before.steps.some(({ step }) => ifOpen.includes(step));
  const isOwn = ({ holder }: Pick<OpenStep, 'holder'>): boolean =>
    agencyOf(holder.party) === agency;
  if (unlessNamed === true)
    return !left.hasNamed && !left.steps.some((step) => step.step === name && isOwn(step));
  if (inPlaceOf === undefined) return true;
  const ended = before.steps.filter((step) => isOwn(step) && !left.steps.includes(step));
  const unanswered = before.waits.filter((wait) => isOwn(wait) && !left.waits.includes(wait));
  return (
    ended.some(({ step }) => inPlaceOf.includes(step)) ||
    unanswered.some(({ about }) => formBehind(about) === 'TPR1')
  );
}

function remind(view: View, event: MeshEvent, around: Surroundings): View {
  const anchor = event.cause === undefined ? undefined : around.messageOf(event.cause);
  if (anchor === undefined) return view;
  const { steps, tellings } = planReminder(view, event, anchor, around);
  return {
    ...view,
    steps: withOpened(view.steps, steps),
    tellings: [...view.tellings, ...tellings],
  };
}

/** These wait for a message that did not pass: the next one of its type that does ends them. */
const untilSent: ReadonlySet<StepName> = new Set(['send-again', 'seek-consent', 'ask-taker']);

function isSentAgain(
  { step, holder, cause, about }: OpenStep,
  event: MeshEvent,
  { agencyOf }: Surroundings,
): boolean {
  return (
    untilSent.has(step) &&
    agencyOf(holder.party) === agencyOf(event.sender) &&
    cause !== event.id &&
    about === nameOfType(event.type)
  );
}
