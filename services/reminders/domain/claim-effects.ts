import type { MessageName } from '#libs/contracts/message-table.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';
import type { CaseEvent } from './case-event.js';
import {
  type Apply,
  type Around,
  type Commitment,
  end,
  firstDueOn,
  isLapse,
  rest,
  revive,
} from './commitment.js';
import { dateFact, textFact } from './facts.js';
import { reminderDueId } from './reminder-due.js';
import { remindAt } from './reminder-rules.js';

const interviews: ReadonlySet<ReminderKind> = new Set(['claim-interview-13', 'claim-interview-26']);

/** The claim: its mandatory interviews, and the DPA1 that is worth renewing while it runs. */
export const claimEffects = {
  'claim.started': (before, event, { rules }) => {
    const anchorOn = dateFact(event, 'startedOn');
    if (anchorOn === undefined) return before;
    const party = event.sender;
    // Any start is a new claim or another benefit; only JSA has the mandatory interviews.
    const others = revive(
      end(before, 'counted-anew', (each) => interviews.has(each.kind) && each.party === party),
      (each) => isLapse(each, 'DPA1', party),
    );
    if (textFact(event, 'benefit') !== 'jsa') return others;
    const interview = (kind: 'claim-interview-13' | 'claim-interview-26'): Commitment => ({
      kind,
      anchor: event.id,
      party,
      anchorOn,
      everyWeeks: rules.interviewWeeks[kind],
      repeats: false,
    });
    return [...others, interview('claim-interview-13'), interview('claim-interview-26')];
  },
  'claim.ended': (before, event) =>
    rest(
      end(before, 'ended', (each) => interviews.has(each.kind) && each.party === event.sender),
      (each) => isLapse(each, 'DPA1', event.sender),
    ),
  'step.done': (before, event, around) => {
    const isMeant = meantBy(event);
    if (isMeant === undefined) return before;
    const about = reminderBehind(textFact(event, 'about'), around);
    return end(
      before,
      'happened',
      (each) =>
        each.party === event.sender &&
        isMeant(each) &&
        (about === undefined
          ? remindAt(each.kind, firstDueOn(each), around.rules) <= event.recordedAt
          : reminderDueId(each, 1) === about),
    );
  },
  // The case goes to another office of the same agency: the reminders of the one are the other's to end.
  'case.moved-office': (before, event) =>
    before.map((each) =>
      each.party === event.sender ? { ...each, party: event.recipient } : each,
    ),
} as const satisfies Partial<Record<MessageName, Apply>>;

/**
 * Which reminders have done their work when this step ended so. An interview that was not held is to be held: only *done* counts. A client
 * who does not renew a consent was asked.
 */
function meantBy(event: CaseEvent): ((each: Commitment) => boolean) | undefined {
  const outcome = textFact(event, 'outcome');
  switch (textFact(event, 'step')) {
    case 'hold-interview':
      return outcome === 'done' ? ({ kind }) => interviews.has(kind) : undefined;
    case 'renew-consent':
      return outcome === 'done' || outcome === 'declined-by-client'
        ? ({ kind }) => kind === 'consent-lapse'
        : undefined;
    default:
      return undefined;
  }
}

/** The reminder that opened the step: a step that came again names the `step.done` before it. */
function reminderBehind(about: string | undefined, around: Around): string | undefined {
  const event = about === undefined ? undefined : around.eventOf(about);
  if (event?.name !== 'step.done') return about;
  const before = textFact(event, 'about');
  const older = before === undefined ? undefined : around.eventOf(before);
  return older === undefined || older.seq < event.seq ? reminderBehind(before, around) : undefined;
}
