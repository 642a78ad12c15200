import { refusalStep } from '#libs/contracts/refusal-steps.js';
import { type MessageName, nameOfType } from '#libs/contracts/message-table.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { isPartyId } from '#libs/contracts/party.js';
import {
  type PersonSlot,
  type StepName,
  type StepTemplate,
  stepNames,
} from '#libs/contracts/steps.js';
import { noticesOf, stepsEndedBy, stepsOpenedBy } from '#libs/contracts/what-follows.js';
import { type CaseState, type Holder, type OpenStep, type Telling } from './case-state.js';
import { stepsLeft } from './close-steps.js';
import { type StepClocks, dueDate } from './due-date.js';
import { namingsOf } from './name-caseworkers.js';
import { planReminder } from './plan-reminder.js';

/** What an event is read against: the other events of its case and the deployment's clocks. */
export interface Surroundings {
  readonly clocks: StepClocks;
  /** The event of a message of the case, as it was cleared: what a reminder is counted from. */
  readonly messageOf: (id: string) => MeshEvent | undefined;
  /** Cleared once, and stopped before the recipient had it. */
  readonly isStopped: (id: string) => boolean;
}

/**
 * The case after one more event, read off the table of messages: what it closes, opens, whom it names, who is to be told.
 * - cleared: the sender has acted. Stopped since: the recipient never had it, so it opens nothing and tells nobody.
 * - waiting: nobody has it yet. The router answers with a party; what the message opens starts then.
 * - refused, stopped: the drop is the sender's at once, where the reason has a step.
 */
export function advanceCase(state: CaseState, event: MeshEvent, around: Surroundings): CaseState {
  const name = nameOfType(event.type);
  if (name === undefined) return state;
  return byVerdict[event.verdict](state, event, name, around);
}

type Step = (
  state: CaseState,
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
) => CaseState;

const act: Step = (state, event, name, around) =>
  name === 'reminder.due' ? remind(state, event, around) : pass(state, event, name, around);

const drop: Step = (state, event, name, { clocks }) => {
  const dropped = refusalStep(name, event.reason ?? '');
  if (dropped === undefined) return state;
  const { step, notice, owner } = dropped;
  const opened = openStep(event, { step, owner }, clocks);
  const told = tell(event, { kind: notice, slot: owner, opened });
  return {
    ...state,
    steps: withOpened(state.steps, opened),
    tellings: [...state.tellings, ...told],
  };
};

const byVerdict: Readonly<Record<MeshEvent['verdict'], Step>> = {
  cleared: act,
  'cleared-in-part': act,
  waiting: (state, event, name) => ({ ...state, namings: namingsOf(state.namings, event, name) }),
  refused: drop,
  stopped: drop,
};

function pass(
  state: CaseState,
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
): CaseState {
  const { facts, senderKind, recipientKind } = event;
  const message = { name, facts, senderKind, recipientKind };
  const isStopped = around.isStopped(event.id);
  const left = stepsLeft(state.steps, [...stepsEndedBy(message), ...stepDone(event, name)], event);
  const opened = isStopped
    ? []
    : stepsOpenedBy(message)
        .filter(
          ({ ifOpen }) => ifOpen === undefined || left.some(({ step }) => ifOpen.includes(step)),
        )
        .flatMap((template) => openStep(event, template, around.clocks));
  const told = isStopped
    ? []
    : noticesOf(message).flatMap(({ kind, to }) => tell(event, { kind, slot: to, opened }));
  return {
    steps: withOpened(
      left.filter((step) => !isSentAgain(step, event, around)),
      opened,
    ),
    namings: namingsOf(state.namings, event, name),
    tellings: [...state.tellings, ...told],
    ...treatment(state, event, name),
  };
}

function remind(
  state: CaseState,
  event: MeshEvent,
  { clocks, messageOf }: Surroundings,
): CaseState {
  const anchor = event.cause === undefined ? undefined : messageOf(event.cause);
  if (anchor === undefined) return state;
  const { steps, tellings } = planReminder(event, anchor, clocks);
  return {
    ...state,
    steps: withOpened(state.steps, steps),
    tellings: [...state.tellings, ...tellings],
  };
}

/** A message opens a step at a party once, whatever second record of it comes. */
function withOpened(steps: readonly OpenStep[], opened: readonly OpenStep[]): readonly OpenStep[] {
  const isNew = (one: OpenStep): boolean =>
    !steps.some(
      ({ cause, step, holder }) =>
        cause === one.cause && step === one.step && holder.party === one.holder.party,
    );
  return [...steps, ...opened.filter(isNew)];
}

function openStep(event: MeshEvent, template: StepTemplate, clocks: StepClocks): OpenStep[] {
  const holder = holderOf(event, template.owner);
  if (holder === undefined) return [];
  const other = holder.party === event.sender ? event.to : event.sender;
  const from = template.from === undefined ? undefined : event.facts[template.from];
  return [
    {
      step: template.step,
      holder,
      ...(isPartyId(other) ? { other } : {}),
      cause: event.id,
      openedAt: event.recordedAt,
      dueOn: dueDate(template.step, event.recordedAt, from, clocks),
    },
  ];
}

/** A notice names the step that the same message opens for the same person. */
function tell(
  event: MeshEvent,
  { kind, slot, opened }: { kind: Telling['kind']; slot: PersonSlot; opened: readonly OpenStep[] },
): Telling[] {
  const holder = holderOf(event, slot);
  if (holder === undefined) return [];
  const step = opened.find(
    (each) => each.holder.party === holder.party && each.holder.who === holder.who,
  );
  return [
    {
      kind,
      cause: event.id,
      holder,
      ...(step === undefined ? {} : { step: step.step, dueOn: step.dueOn }),
    },
  ];
}

function personNamed(event: MeshEvent, who: PersonSlot['who']): Pick<Holder, 'actor'> {
  const person = who === 'addressee' ? event.facts['addressee'] : event.actor;
  const isNamed = who === 'actor' || who === 'addressee';
  return isNamed && typeof person === 'string' ? { actor: person } : {};
}

function holderOf(event: MeshEvent, { side, who }: PersonSlot): Holder | undefined {
  const party = side === 'sender' ? event.sender : event.to;
  if (!isPartyId(party)) return undefined;
  return {
    party,
    who,
    ...personNamed(event, who),
  };
}

/** What was stopped because the consent is narrower by now is the sender's to send again, and is done by the next message of its type. */
function isSentAgain(
  { step, holder, cause }: OpenStep,
  event: MeshEvent,
  { messageOf }: Surroundings,
): boolean {
  return (
    step === 'send-again' &&
    holder.party === event.sender &&
    cause !== event.id &&
    messageOf(cause)?.type === event.type
  );
}

function stepDone(event: MeshEvent, name: MessageName): readonly StepName[] {
  return name === 'step.done' ? stepNames.filter((step) => step === event.facts['step']) : [];
}

/** Who treats: the provider a referral reached, or who agreed a plan or shared needs; until an exit, one that is only likely excepted. */
function treatment(
  state: CaseState,
  event: MeshEvent,
  name: MessageName,
): Pick<CaseState, 'provider' | 'isInTreatment'> {
  const isExit =
    (name === 'exit.notified' || name === 'exit.recorded') &&
    event.facts['exit'] !== 'unplanned-likely';
  const provider = providerOf(event, name) ?? state.provider;
  const isInTreatment = isExit
    ? false
    : state.isInTreatment || providerOf(event, name) !== undefined;
  return { ...(provider === undefined ? {} : { provider }), isInTreatment };
}

function providerOf(event: MeshEvent, name: MessageName): string | undefined {
  const isReferral = name === 'referral.requested' || name === 'referral.forwarded';
  if (isReferral) return event.recipientKind === 'treatment-provider' ? event.to : undefined;
  return name === 'careplan.agreed' || name === 'tpr2.shared' ? event.sender : undefined;
}
