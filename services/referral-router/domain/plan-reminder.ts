import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';
import type { StepName } from '#libs/contracts/steps.js';
import type { OpenStep, Telling } from './case-state.js';
import { type StepClocks, dueDate } from './due-date.js';

/** Whose reminder it is: who treats, who hosts (job centre or contracted provider), or who took the consent. */
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

const plans: Readonly<Record<ReminderKind, ReminderPlan>> = {
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

/** Who has a reminder that fell due, today: the caseworker of the anchor's party. `anchor` is the message it is counted from. */
export function planReminder(
  due: MeshEvent,
  anchor: MeshEvent,
  clocks: StepClocks,
): { readonly steps: readonly OpenStep[]; readonly tellings: readonly Telling[] } {
  const kind = String(due.facts['kind']);
  if (!Object.hasOwn(plans, kind)) return { steps: [], tellings: [] };
  const { notice, sides, step, isFromDueOn } = plans[kind as ReminderKind];
  const dueOn = due.facts['dueOn'];
  const parties = [...new Set(sides.map((side) => partyOf(anchor, side)))];
  const common = { cause: due.id, openedAt: due.recordedAt };
  const steps = parties.flatMap((party): OpenStep[] => {
    if (step === undefined) return [];
    const last = dueDate(step, due.recordedAt, isFromDueOn ? dueOn : undefined, clocks);
    return [{ ...common, step, holder: { party, who: 'caseworker' }, dueOn: last }];
  });
  const tellings = parties.map((party): Telling => ({
    kind: notice,
    cause: due.id,
    holder: { party, who: 'caseworker' },
    ...(step === undefined ? {} : { step, whileOpen: true }),
    ...(typeof dueOn === 'string' ? { dueOn } : {}),
  }));
  return { steps, tellings };
}

function partyOf({ sender, senderKind, to, recipientKind }: MeshEvent, side: Side): string {
  const kinds = kindsOf[side];
  if (kinds.includes(senderKind)) return sender;
  return recipientKind !== undefined && kinds.includes(recipientKind) ? to : sender;
}
