import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { isPartyId } from '#libs/contracts/party.js';
import { type ConsentForm, consentForms } from '#libs/contracts/purposes.js';
import { formBehind } from '#libs/contracts/refusal-steps.js';
import type { PersonSlot, StepName, StepTemplate } from '#libs/contracts/steps.js';
import type { Holder, OpenStep, Surroundings, View } from './case-state.js';
import { dueDate } from './due-date.js';

/** Steps that are spoken of with the client, and so are due on the client's next attendance. */
const atNextAttendance: ReadonlySet<StepName> = new Set([
  'discuss-did-not-attend',
  'complete-dpa1',
]);

/** The step of a template, held by a side of the event; none where that side is no party. */
export function openStep(
  view: View,
  event: MeshEvent,
  name: MessageName,
  { template, around }: { readonly template: StepTemplate; readonly around: Surroundings },
): readonly OpenStep[] {
  const { step, owner } = template;
  const holder = holderOf(view, event, owner);
  if (holder === undefined) return [];
  const other = owner.side === 'sender' ? event.to : event.sender;
  const from = template.from === undefined ? undefined : event.facts[template.from];
  const form = step === 'seek-consent' || step === 'ask-taker' ? formBehind(name) : undefined;
  return [
    {
      step,
      holder,
      ...(isPartyId(other) ? { other } : {}),
      cause: event.id,
      root: event.id,
      about: name,
      ...(form === undefined ? {} : { form }),
      openedAt: event.recordedAt,
      dueOn: dueOf(step, event.recordedAt, from, { view, around }),
    },
  ];
}

/** The last day of a step: the client's next attendance where it waits for that, else its working days. */
export function dueOf(
  step: StepName,
  openedAt: string,
  from: unknown,
  { view, around: { clocks } }: { readonly view: View; readonly around: Surroundings },
): string {
  const attendsOn = atNextAttendance.has(step) ? view.nextAttendanceOn : undefined;
  return dueDate(step, { openedAt, from, on: attendsOn }, clocks);
}

/** A message opens a step at a party once, whatever second record of it comes. */
export function withOpened(
  steps: readonly OpenStep[],
  opened: readonly OpenStep[],
): readonly OpenStep[] {
  const isNew = (one: OpenStep): boolean =>
    !steps.some(
      ({ cause, step, holder }) =>
        cause === one.cause && step === one.step && holder.party === one.holder.party,
    );
  return [...steps, ...opened.filter(isNew)];
}

/** Who at which office: where the case has moved since, the present office. */
export function holderOf(
  { offices }: Pick<View, 'offices'>,
  event: MeshEvent,
  { side, who }: PersonSlot,
): Holder | undefined {
  const party = side === 'sender' ? event.sender : event.to;
  if (!isPartyId(party)) return undefined;
  const present = offices.get(party);
  if (present !== undefined) return { party: present, who: who === 'actor' ? 'caseworker' : who };
  return { party, who, ...personNamed(event, who) };
}

function personNamed(event: MeshEvent, who: PersonSlot['who']): Pick<Holder, 'actor'> {
  const person = who === 'addressee' ? event.facts['addressee'] : event.actor;
  const isNamed = who === 'actor' || who === 'addressee';
  return isNamed && typeof person === 'string' ? { actor: person } : {};
}

/** The consent form that the facts of an event name. */
export const formNamed = ({ facts }: MeshEvent): ConsentForm | undefined =>
  consentForms.find((form) => form === facts['form']);
