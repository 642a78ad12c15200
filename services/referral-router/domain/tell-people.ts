import { londonDate } from '#libs/calendar/london-time.js';
import { addDays } from '#libs/calendar/local-date.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import type { PersonSlot, StepName } from '#libs/contracts/steps.js';
import type { OpenStep, Telling, View } from './case-state.js';
import { citedBy } from './close-steps.js';
import { holderOf } from './open-steps.js';

/** Notices of a step that is not the first which their message opens for their reader. */
const stepsTold: Readonly<Partial<Record<NoticeKind, StepName>>> = {
  'provider-notice-due': 'send-provider-notice',
};

/** What a message opened, and how the case stood when it came. */
interface Told {
  readonly kind: NoticeKind;
  readonly opened: readonly OpenStep[];
  readonly before: View;
}

/** A notice names the step that the same message opens for the same person. */
export function tell(
  view: View,
  event: MeshEvent,
  slot: PersonSlot,
  { kind, opened, before }: Told,
): readonly Telling[] {
  const holder = holderOf(view, event, slot);
  if (holder === undefined) return [];
  const theirs = opened.filter(
    (each) => each.holder.party === holder.party && each.holder.who === holder.who,
  );
  const step = theirs.find((each) => each.step === stepsTold[kind]) ?? theirs[0];
  return [
    {
      kind,
      cause: event.id,
      holder,
      ...(step === undefined ? {} : { step: step.step, dueOn: step.dueOn }),
      ...extrasOf(kind, before, event),
    },
  ];
}

/** What the reader's own agency knows beside the message. */
function extrasOf(
  kind: NoticeKind,
  view: View,
  event: MeshEvent,
): Pick<Telling, 'clientWasTold' | 'nextInterviewOn'> {
  if (kind === 'did-not-attend') {
    const appointment = appointmentOf(view, event);
    return appointment === undefined ? {} : { clientWasTold: view.toldClient.has(appointment) };
  }
  const interviewOn = kind === 'review-requested' ? nextInterviewOn(view, event) : undefined;
  return interviewOn === undefined ? {} : { nextInterviewOn: interviewOn };
}

/** The appointment that was missed: the one that the absence names, else the one that the client was to be told of last. */
function appointmentOf({ steps, toldClient }: View, event: MeshEvent): string | undefined {
  const named = citedBy(event).find((id) => id === event.facts['appointment']);
  const asked = steps.filter(({ step }) => step === 'tell-client').map(({ root }) => root);
  return named ?? asked.at(-1) ?? [...toldClient].at(-1);
}

/** The next mandatory interview, 13 or 26 weeks after the start of a JSA claim, until the claim ends. */
function nextInterviewOn({ claim }: View, { recordedAt }: MeshEvent): string | undefined {
  if (claim === undefined || !claim.isJsa) return undefined;
  const today = londonDate(new Date(recordedAt));
  return [13, 26].map((weeks) => addDays(claim.startedOn, 7 * weeks)).find((day) => day >= today);
}
