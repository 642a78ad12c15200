import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import type { CaseReminder } from '#libs/contracts/service-forms.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import type { PersonSlot, StepName } from '#libs/contracts/steps.js';
import type { Holder, OpenStep, Surroundings, Telling, View } from './case-state.js';
import { dueDate } from './due-date.js';
import { formNamed, holderOf } from './open-steps.js';

/** Whose reminder it is: who treats, who hosts (job centre or contracted provider), or who took the consent (a DPA1 that was returned: who got it). */
type Side = 'treatment' | 'host' | 'taker';

interface ReminderPlan {
  readonly notice: NoticeKind;
  readonly sides: readonly Side[];
  readonly step?: StepName;
  /** The step's clock starts on the day of the thing itself, not on the day of the reminder. */
  readonly isFromDueOn?: true;
}

const interview: ReminderPlan = {
  notice: 'interview-due',
  sides: ['host'],
  step: 'hold-interview',
  isFromDueOn: true,
};

const plans: Readonly<Record<CaseReminder, ReminderPlan>> = {
  'care-plan-review': {
    notice: 'care-plan-review-due',
    sides: ['treatment'],
    step: 'review-care-plan',
    isFromDueOn: true,
  },
  'claim-interview-13': interview,
  'claim-interview-26': interview,
  'review-appointment': { notice: 'review-appointment-soon', sides: ['treatment', 'host'] },
  'next-review': {
    notice: 'next-review-due',
    sides: ['treatment'],
    step: 'request-review',
  },
  'outcome-profile': {
    notice: 'outcome-profile-due',
    sides: ['treatment'],
    step: 'complete-outcome-profile',
    isFromDueOn: true,
  },
  'consent-lapse': { notice: 'consent-lapsing', sides: ['taker'], step: 'renew-consent' },
};

const kindsOf: Readonly<Record<Side, readonly string[]>> = {
  treatment: ['treatment-provider'],
  host: ['jobcentre', 'contracted-provider'],
  taker: [],
};

/** Reminders of the claim run until it ends; all others ask for nothing once the client has left treatment. */
const ofClaim: ReadonlySet<CaseReminder> = new Set(['claim-interview-13', 'claim-interview-26']);

/** Who has a reminder that fell due, today: the caseworker of the anchor's party. `anchor` is the message it is counted from. */
export function planReminder(
  view: View,
  due: MeshEvent,
  anchor: MeshEvent,
  around: Surroundings,
): { readonly steps: readonly OpenStep[]; readonly tellings: readonly Telling[] } {
  const kind = String(due.facts['kind']);
  if (!Object.hasOwn(plans, kind) || isOver(view, kind as CaseReminder))
    return { steps: [], tellings: [] };
  const plan = plans[kind as CaseReminder];
  const sides = [...new Set(plan.sides.map((side) => sideOf(anchor, side)))];
  const planned = sides.flatMap((side) => {
    const holder = holderOf(view, anchor, { side, who: 'caseworker' });
    return holder === undefined
      ? []
      : [{ holder, steps: stepsOf(plan, holder, { due, anchor, around }) }];
  });
  return {
    steps: planned.flatMap(({ steps }) => steps),
    tellings: planned.map(({ holder, steps: [opened] }) => ({
      kind: plan.notice,
      cause: due.id,
      holder,
      ...(opened === undefined
        ? {}
        : { step: opened.step, dueOn: opened.dueOn, whileOpen: true as const }),
    })),
  };
}

function isOver({ episode, claim }: View, kind: CaseReminder): boolean {
  return ofClaim.has(kind) ? claim === undefined : episode === 'over';
}

function stepsOf(
  { step, isFromDueOn }: ReminderPlan,
  holder: Holder,
  { due, anchor, around }: { due: MeshEvent; anchor: MeshEvent; around: Surroundings },
): readonly OpenStep[] {
  if (step === undefined) return [];
  const from = isFromDueOn === true ? due.facts['dueOn'] : undefined;
  const about = nameOfType(anchor.type);
  const form =
    step !== 'renew-consent' ? undefined : about === 'dpa1.returned' ? 'DPA1' : formNamed(anchor);
  return [
    {
      step,
      holder,
      cause: due.id,
      root: due.id,
      ...(about === undefined ? {} : { about }),
      ...(form === undefined ? {} : { form }),
      openedAt: due.recordedAt,
      dueOn: dueDate(step, { openedAt: due.recordedAt, from }, around.clocks),
    },
  ];
}

function sideOf({ type, senderKind, recipientKind }: MeshEvent, side: Side): PersonSlot['side'] {
  if (side === 'taker' && nameOfType(type) === 'dpa1.returned') return 'recipient';
  const kinds = kindsOf[side];
  if (kinds.includes(senderKind)) return 'sender';
  return recipientKind !== undefined && kinds.includes(recipientKind) ? 'recipient' : 'sender';
}
