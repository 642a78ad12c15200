import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import { nextOfficeHour } from '#libs/calendar/office-hours.js';
import { addDays } from '#libs/calendar/local-date.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';
import { meets } from '#libs/contracts/condition.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type MessageName, nameOfType, typeOf } from '#libs/contracts/message-table.js';
import { isPartyId } from '#libs/contracts/party.js';
import { type Wait, waits as waitOf } from '#libs/contracts/waits.js';
import type { OpenStep, OpenWait, Surroundings, Telling, View } from './case-state.js';
import { citedBy, isTakenBack, isTakenBackUnheard } from './close-steps.js';
import { localDay } from './due-date.js';
import { isOfItsPart } from './no-trace-part.js';
import { dueOf, holderOf, withOpened } from './open-steps.js';
import { isPassedOn } from './passed-on.js';

/*
 *   message ─▶ waiting ─┬─ answered ─▶ gone
 *                       └─ its day is over, next office hour ─▶ late: step `ask-client` ─┬─ answered ─▶ both gone
 *                                                                                        └─ closed by its owner ─▶ both gone
 */

/** The treatment is over, or the client is not known here: nothing more is expected but the outcome of a review that was held. */
const endsOwnPart: ReadonlySet<MessageName> = new Set([
  'exit.notified',
  'exit.recorded',
  'tpr2.no-trace',
]);

const isOffer: ReadonlySet<string> = new Set(
  (['review.offered', 'review.moved'] as const).map(typeOf),
);

/** An exit that may come ends nothing. */
const likely = { exit: 'unplanned-likely' };

/** What a party still waits for after a message, and what it waits for because of it. */
export function keepWaits(
  view: View,
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
): View {
  const waits = view.waits.filter(({ holder, counterpart }) =>
    isOfItsPart({ holder, other: counterpart }, event, view, around),
  );
  const answered = answeredBy(waits, event, name, around);
  const left = view.waits.filter((wait) => !answered.includes(wait));
  const opened = waitAfter(view, event, name, around);
  const replaced = left.filter(
    (wait) => opened !== undefined && isReplaced(wait, opened, event, around),
  );
  const gone = [...answered, ...replaced];
  return {
    ...view,
    waits: [
      ...left.filter((wait) => !replaced.includes(wait)),
      ...(opened === undefined ? [] : [opened]),
    ],
    steps: view.steps.filter((step) => !gone.some((wait) => isAskOf(step, wait))),
  };
}

/** The same kind of answer is waited for from a provider now, no more from who passed the client to it, or had the client before. */
function isReplaced(
  wait: OpenWait,
  opened: OpenWait,
  event: MeshEvent,
  around: Surroundings,
): boolean {
  if (wait.answer !== opened.answer || around.isSpoc(opened.counterpart)) return false;
  return around.isSpoc(wait.counterpart) || isPassedOn(betweenOf(wait), event, around);
}

/** With which message a wait began, and with whom. */
const betweenOf = ({ cause, counterpart }: OpenWait) => ({ root: cause, other: counterpart });

/** A late wait is over with its step: the owner has asked the client, or an answer of another kind came. */
export function settleWaits(view: View): View {
  const isAsked = (wait: OpenWait): boolean => view.steps.some((step) => isAskOf(step, wait));
  return { ...view, waits: view.waits.filter((wait) => !wait.hasLapsed || isAsked(wait)) };
}

/** By the clock: what was not answered in its time becomes the party's own step. */
export function lapseWaits(view: View, at: Date, around: Surroundings): View {
  const late = view.waits.filter(
    ({ hasLapsed, lapsesAt }) => !hasLapsed && Date.parse(lapsesAt) <= at.getTime(),
  );
  if (late.length === 0) return view;
  return {
    ...view,
    waits: view.waits.map((wait) => (late.includes(wait) ? { ...wait, hasLapsed: true } : wait)),
    steps: withOpened(
      view.steps,
      late.map((wait) => askStep(wait, view, around)),
    ),
  };
}

function askStep(wait: OpenWait, view: View, around: Surroundings): OpenStep {
  const { holder, counterpart, cause, about, lapsesAt } = wait;
  return {
    step: 'ask-client',
    holder,
    other: counterpart,
    cause,
    root: cause,
    about,
    openedAt: lapsesAt,
    dueOn: dueOf('ask-client', lapsesAt, undefined, { view, around }),
  };
}

/** Who is told that the answers to these messages are late: who has the step now. */
export function tellLate(
  { steps, waits }: Pick<View, 'steps' | 'waits'>,
  messages: ReadonlySet<string>,
): readonly Telling[] {
  return waits
    .filter(({ cause, hasLapsed }) => hasLapsed && messages.has(cause))
    .flatMap(({ cause, holder }) =>
      steps
        .filter(
          (each) =>
            each.step === 'ask-client' &&
            each.cause === cause &&
            each.holder.party === holder.party,
        )
        .map(({ step, dueOn }) => ({ kind: 'no-answer-yet' as const, cause, holder, step, dueOn })),
    );
}

const isAskOf = ({ step, root }: OpenStep, { cause }: OpenWait): boolean =>
  step === 'ask-client' && root === cause;

function answeredBy(
  waits: readonly OpenWait[],
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
): readonly OpenWait[] {
  if (meets(event.facts, likely)) return [];
  if (name === 'consent.withdrawn')
    return waits.filter(({ cause }) => isTakenBackUnheard(cause, event, around));
  const named = waits.filter(({ about }) => waitOf[about]?.endedBy.includes(name) === true);
  if (event.senderKind === 'guard')
    return named.filter(({ cause, holder, counterpart }) =>
      isTakenBack({ root: cause, holder, other: counterpart }, event, around),
    );
  const isOwn = ({ holder }: OpenWait): boolean =>
    around.agencyOf(holder.party) === around.agencyOf(event.sender);
  const over = endsOwnPart.has(name)
    ? waits.filter((wait) => isOwn(wait) && wait.answer !== 'review-outcome')
    : [];
  const answers = named.filter((wait) => isAnsweredIn(wait, event, isOwn(wait), around));
  const passedOn = named.filter(
    (wait) => !isOwn(wait) && isPassedOn(betweenOf(wait), event, around),
  );
  return [...over, ...passedOn, ...meant(answers, event, around)];
}

/** Between the two, or said by the one that waits to nobody in particular. A single point of contact stands between referrer and provider. */
function isAnsweredIn(
  { counterpart, holder }: OpenWait,
  { sender, to }: MeshEvent,
  isOwn: boolean,
  { agencyOf, isSpoc }: Surroundings,
): boolean {
  const other = isOwn ? to : sender;
  return (
    !isPartyId(other) ||
    agencyOf(other) === agencyOf(counterpart) ||
    [counterpart, other, holder.party].some(isSpoc)
  );
}

/**
 * An answer to one message ends the wait for that one, where it says which; the other's goes on. A wait that began when a referral was
 * passed on is for the answer to that referral, and a review that was agreed is the one of its offer.
 */
function meant(
  waits: readonly OpenWait[],
  event: MeshEvent,
  { messageOf }: Surroundings,
): readonly OpenWait[] {
  const offers = citedBy(event).filter((id) => isOffer.has(messageOf(id)?.type ?? ''));
  return waits.filter((wait) => {
    const agreed = wait.answer === 'review-held' ? messageOf(wait.cause)?.cause : undefined;
    if (agreed !== undefined && offers.length > 0) return offers.includes(agreed);
    const cited = citedBy(event).find((id) => {
      const name = nameOfType(messageOf(id)?.type ?? '');
      return name !== undefined && waitOf[name]?.answer === wait.answer;
    });
    return cited === undefined || [wait.cause, messageOf(wait.cause)?.cause].includes(cited);
  });
}

function waitAfter(
  view: View,
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
): OpenWait | undefined {
  const wait = waitOf[name];
  if (wait === undefined || around.isDropped(event.id) || !meets(event.facts, wait.when))
    return undefined;
  const holder = holderOf(view, event, { side: wait.waits, who: 'caseworker' });
  const counterpart = wait.waits === 'sender' ? event.to : event.sender;
  if (holder === undefined || !isPartyId(counterpart)) return undefined;
  const times = timesOf(wait, event, around);
  return {
    answer: wait.answer,
    holder,
    counterpart,
    cause: event.id,
    about: name,
    since: event.recordedAt,
    ...times,
    hasLapsed: false,
  };
}

/** The last usual day for the answer, and the office hour after it. */
function timesOf(
  { workingDays, from }: Wait,
  event: MeshEvent,
  { clocks: { holidays } }: Surroundings,
): Pick<OpenWait, 'dueOn' | 'lapsesAt'> {
  const recorded = londonDate(new Date(event.recordedAt));
  const later = from === undefined ? undefined : localDay(event.facts[from]);
  const start = later !== undefined && later > recorded ? later : recorded;
  const dueOn = addWorkingDays(start, workingDays, holidays);
  const dayAfter = londonInstant(addDays(dueOn, 1), '00:00');
  return { dueOn, lapsesAt: nextOfficeHour(dayAfter, holidays).toISOString() };
}
