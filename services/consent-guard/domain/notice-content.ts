import { meets } from '#libs/contracts/condition.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import { refusalStep } from '#libs/contracts/refusal-steps.js';
import type { CaseReminder, NoticeRequest } from '#libs/contracts/service-forms.js';
import type { PersonSlot, StepName } from '#libs/contracts/steps.js';
import { isUntoldStop } from '#libs/contracts/verdict.js';
import { waits } from '#libs/contracts/waits.js';
import { noticesOf, stepsOpenedBy } from '#libs/contracts/what-follows.js';
import { type GuardRecord, isCleared } from './guard-record.js';

export type Side = PersonSlot['side'];

/** What a record can give cause to tell a side: kinds of notice, and the steps that it opened there. */
interface Tellable {
  readonly kinds: readonly NoticeKind[];
  readonly steps: readonly StepName[];
}

/** `only`: the side of the anchor that it is a reminder of; else of both. */
interface ReminderTold extends Tellable {
  readonly only?: Side;
}

const reminderTold: Readonly<Record<CaseReminder, ReminderTold>> = {
  'care-plan-review': { kinds: ['care-plan-review-due'], steps: ['review-care-plan'] },
  'claim-interview-13': { kinds: ['interview-due'], steps: ['hold-interview'] },
  'claim-interview-26': { kinds: ['interview-due'], steps: ['hold-interview'] },
  'review-appointment': { kinds: ['review-appointment-soon'], steps: [] },
  'next-review': { kinds: ['next-review-due'], steps: ['request-review'], only: 'recipient' },
  'outcome-profile': { kinds: ['outcome-profile-due'], steps: ['complete-outcome-profile'] },
  'consent-lapse': { kinds: ['consent-lapsing'], steps: ['renew-consent'] },
};

const nothing: Tellable = { kinds: [], steps: [] };

/**
 * Does the cited record give cause for a notice of this kind, about this step, to this side? The kind of a notice tells by itself (an exit,
 * a care plan), so the router may not choose it: it follows from the cited record by the table of messages. `chain`: the cited record
 * first, the client's own message last.
 */
export function isToldBy(
  chain: readonly GuardRecord[],
  sides: readonly Side[],
  { kind, step }: Pick<NoticeRequest, 'kind' | 'step'>,
): boolean {
  const tellable = sides.map((side) => tellableTo(side, chain));
  const steps = tellable.flatMap((each) => each.steps);
  if (step !== undefined && !steps.includes(step)) return false;
  return kind === 'step-overdue'
    ? step !== undefined
    : tellable.some(({ kinds }) => kinds.includes(kind));
}

/** The job centre keeps its record by a DPA1 that was returned to it: it is warned of the lapse, and who returned it is by its own consent. */
const lapseReturned: ReminderTold = { ...reminderTold['consent-lapse'], only: 'recipient' };

function tellableTo(side: Side, [cited, before]: readonly GuardRecord[]): Tellable {
  if (cited === undefined) return nothing;
  const { facts } = cited;
  switch (cited.name) {
    case 'reminder.due':
      return reminderTo(side, String(facts['kind']), before);
    case 'mail.reported': {
      const steps =
        typeof before?.facts['step'] === 'string' ? [before.facts['step'] as StepName] : [];
      if (facts['outcome'] === 'held') return { kinds: ['colleague-mail-held'], steps };
      return facts['outcome'] === 'failed' ? { kinds: ['mail-failed'], steps } : nothing;
    }
    default:
      return ofMessage(side, cited);
  }
}

function reminderTo(side: Side, kind: string, anchor: GuardRecord | undefined): Tellable {
  if (!Object.hasOwn(reminderTold, kind)) return nothing;
  const isReturned = kind === 'consent-lapse' && anchor?.name === 'dpa1.returned';
  const told = isReturned ? lapseReturned : reminderTold[kind as CaseReminder];
  return told.only === undefined || told.only === side ? told : nothing;
}

function ofMessage(side: Side, cited: GuardRecord): Tellable {
  const { verdict, name, facts, senderKind, recipientKind } = cited;
  const reason = verdict.kind === 'refused' || verdict.kind === 'stopped' ? verdict.reason : '';
  const dropped = side === 'sender' ? refusalStep(name, reason, senderKind) : undefined;
  const message = { name, facts, senderKind, recipientKind };
  const isPassed = isCleared(cited);
  // To its sender it stands as it was cleared: what it opened, and the answer that does not come.
  const stands = isPassed || (verdict.kind === 'stopped' && isUntoldStop(verdict.reason));
  // What it opened before it was stopped stays the sender's to close.
  const opened =
    isPassed || verdict.kind === 'stopped'
      ? stepsOpenedBy(message).filter(({ owner }) => owner.side === side)
      : [];
  const notices = stands ? noticesOf(message).filter(({ to }) => to.side === side) : [];
  const wait = stands ? waits[name] : undefined;
  const isWaiting = wait?.waits === side && meets(facts, wait.when);
  return {
    kinds: [
      ...notices.map(({ kind }) => kind),
      ...(dropped === undefined ? [] : [dropped.notice]),
      ...(isWaiting ? (['no-answer-yet'] as const) : []),
    ],
    steps: [
      ...opened.map(({ step }) => step),
      ...(dropped === undefined ? [] : [dropped.step]),
      ...(isWaiting ? (['ask-client'] as const) : []),
    ],
  };
}
