import { meets } from '#libs/contracts/condition.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import { consentFormRules, consentForms } from '#libs/contracts/purposes.js';
import { stepEnds } from '#libs/contracts/step-ends.js';
import { stepAfter, stepFollowUps } from '#libs/contracts/step-outcomes.js';
import type { StepName, StepTemplate } from '#libs/contracts/steps.js';
import { waits } from '#libs/contracts/waits.js';
import { outcomeSaid } from '#libs/contracts/what-follows.js';
import type { OpenStep } from '#services/referral-router/domain/case-state.js';
import { agencyOf } from './router-events.js';
import { isCleared, isHad, nameOf } from './random-history.js';

/*
 * What must be so of the steps of a history, said from the tables' reasons alone. It shares nothing with the router: no state is carried
 * along, each step is judged by itself against all messages. Where the tables leave it open whose step a message means, it is silent.
 */

type History = readonly MeshEvent[];

/** The messages that an agency sent, or got and had. */
const knownTo = (agency: string, history: History): History =>
  history.filter(
    (event) =>
      agencyOf(event.sender) === agency ||
      (agencyOf(event.to) === agency && isHad(event, history)) ||
      event.senderKind === 'guard',
  );

const isListed = (step: StepName, event: MeshEvent): boolean =>
  stepEnds[step].ends.some(({ by, when }) => by === nameOf(event) && meets(event.facts, when));

const saidDone = (event: MeshEvent, agency: string) => {
  const said =
    nameOf(event) === 'step.done' && agencyOf(event.sender) === agency
      ? outcomeSaid(event.facts)
      : undefined;
  const kind = said === undefined ? undefined : stepFollowUps[said.step][said.outcome].kind;
  return kind === 'send' || kind === 'only-done' ? undefined : said;
};

/** The agency of who says that the client claims JSA has named an adviser, where the case lies now. */
function isAdviserNamedBefore(event: MeshEvent, history: History): boolean {
  const agency = agencyOf(event.sender);
  const said = history.filter(
    (each) => each.seq < event.seq && agencyOf(each.sender) === agency && isCleared(each),
  );
  const moved = said.findLastIndex((each) => nameOf(each) === 'case.moved-office');
  return said
    .slice(moved + 1)
    .some(
      ({ type, facts }) =>
        (type.includes('.case.caseworker-named.') && typeof facts['person'] === 'string') ||
        (type.includes('.tpr2.passed-to-adviser.') && typeof facts['adviser'] === 'string'),
    );
}

/** The agency is asked already to name an adviser: a second message that says JSA asks nothing more. */
const isAskedOnce = (step: StepName, event: MeshEvent, at: string, history: History): boolean =>
  step === 'name-adviser' &&
  history.some(
    (each) =>
      each.seq < event.seq &&
      openedBy(each, history).some((earlier) => earlier.step === step && earlier.at === at),
  );

/** What the client last decided of a DPA1 that an agency knows of, up to a message: from the newest back. */
function dpa1At(agency: string, until: MeshEvent, history: History): string {
  const known = history.filter((each) => each.seq <= until.seq && isCleared(each)).toReversed();
  let lapsed = false;
  for (const event of known) {
    const { facts, sender, to, cause } = event;
    const isOwn = agencyOf(sender) === agency;
    // Its own decisions count once sent; what another sends it, once it had it.
    const isGot = agencyOf(to) === agency && (isOwn || isHad(event, history));
    const form = facts['form'] ?? history.find(({ id }) => id === cause)?.facts['form'];
    const name = nameOf(event);
    if (name === 'consent.recorded' && isOwn && facts['form'] === 'DPA1')
      return facts['decision'] === 'refused' ? 'refused' : lapsed ? 'none' : 'given';
    if (name === 'consent.withdrawn' && isOwn && facts['form'] === 'DPA1') return 'refused';
    if (name === 'instruction.stop-using' && isGot && form === 'DPA1') return 'refused';
    if (name === 'dpa1.returned' && isGot) return lapsed ? 'none' : 'given';
    if (name === 'tpr2.shared' && isGot && facts['dpa1Current'] === true)
      return lapsed ? 'none' : 'given';
    if (name === 'tpr2.shared' && isGot) lapsed = true;
  }
  return 'none';
}

/** What goes on a record needs a DPA1; what was refused is not asked for again; a DPA1 lets in what came before it. */
function allowsRecord(
  test: StepTemplate['record'],
  event: MeshEvent,
  party: string,
  history: History,
): boolean {
  if (test === undefined) return true;
  const agency = agencyOf(party);
  const now = dpa1At(agency, event, history);
  if (test === 'not-refused') return now !== 'refused';
  if (test === 'kept') return now === 'given';
  const before = history.filter(({ seq }) => seq < event.seq);
  const last = before.at(-1);
  return last !== undefined && dpa1At(agency, last, history) !== 'given' && hasTpr2(agency, before);
}

/** A TPR2 that came, and that the agency has not sent back. */
const hasTpr2 = (agency: string, history: History): boolean =>
  history.some(
    (event) =>
      nameOf(event) === 'tpr2.shared' &&
      agencyOf(event.to) === agency &&
      isHad(event, history) &&
      !history.some(
        (each) =>
          nameOf(each) === 'tpr2.no-trace' &&
          isCleared(each) &&
          agencyOf(each.sender) === agency &&
          each.seq > event.seq,
      ),
  );

/** What a message that did not pass leaves to its sender: to ask for a consent only where the sender is of a kind that takes it. */
function dropOf(event: MeshEvent): StepName | undefined {
  const drops: Readonly<Record<string, StepName>> = {
    'consent-changed': 'send-again',
    'identity-mismatch': 'check-identity',
    unroutable: 'refer-elsewhere',
    'route-timeout': 'refer-elsewhere',
  };
  // Whatever is wrong with a client's decision, but for whose case or client it is.
  const isDecision = event.type.includes('.consent.');
  const isOfOthers = /^(case-|sender-|source-|id-|identity-)/.test(event.reason ?? '');
  if (isDecision && event.verdict === 'refused' && !isOfOthers) return 'mend-consent';
  if (event.reason !== 'no-consent-on-record') return drops[event.reason ?? ''];
  if (nameOf(event) === 'exit.notified') return 'record-exit';
  const takers = consentForms
    .filter((form) => consentFormRules[form].purposes.some((each) => each === purposeOf(event)))
    .flatMap((form) => consentFormRules[form].takenBy);
  const mayTake = takers.length === 0 || takers.some((kind) => kind === event.senderKind);
  return mayTake ? 'seek-consent' : 'ask-taker';
}

const purposeOf = (event: MeshEvent) => ruleOf(nameOf(event)).purpose;

/** The steps that a message opens by the tables, and at which agency. */
function openedBy(event: MeshEvent, history: History): readonly { step: StepName; at: string }[] {
  if (event.verdict === 'refused' || event.verdict === 'stopped') {
    const dropped = dropOf(event);
    return dropped === undefined ? [] : [{ step: dropped, at: agencyOf(event.sender) }];
  }
  if (!isHad(event, history) || nameOf(event) === 'step.done') return [];
  return ruleOf(nameOf(event))
    .opens.filter(
      ({ when, sentBy, sentTo, ifOpen, inPlaceOf, unlessNamed, record, owner }) =>
        ifOpen === undefined &&
        inPlaceOf === undefined &&
        (unlessNamed === undefined || !isAdviserNamedBefore(event, history)) &&
        allowsRecord(record, event, owner.side === 'sender' ? event.sender : event.to, history) &&
        meets(event.facts, when) &&
        (sentBy ?? event.senderKind) === event.senderKind &&
        (sentTo ?? event.recipientKind) === event.recipientKind,
    )
    .map(({ step, owner }) => ({
      step,
      at: agencyOf(owner.side === 'sender' ? event.sender : event.to),
    }));
}

/** They end when the next message of the type that did not pass does. */
const untilSent: ReadonlySet<StepName> = new Set(['send-again', 'seek-consent', 'ask-taker']);

/** Steps that must be open, since they were opened and nothing that could end one of that name came after: `cause step agency`. */
export function stepsThatMustBeOpen(history: History): readonly string[] {
  return history.flatMap((event) =>
    openedBy(event, history)
      .filter(({ step, at }) => {
        if (isAskedOnce(step, event, at, history)) return false;
        // A DPA1 or an earlier pass may have asked for the same update, and be open or done.
        if (nameOf(event) === 'tpr2.passed-to-adviser') return false;
        const later = knownTo(at, history).filter(({ seq }) => seq > event.seq);
        return !later.some(
          (each) =>
            (isCleared(each) && isListed(step, each)) ||
            saidDone(each, at)?.step === step ||
            (untilSent.has(step) && isCleared(each) && nameOf(each) === nameOf(event)),
        );
      })
      .map(({ step, at }) => `${event.id} ${step} ${at}`),
  );
}

/** Why an open step must not be: nothing opened it, or a message ended its reason. Empty where it may be open. */
export function faultsOf(step: OpenStep, history: History): readonly string[] {
  const at = agencyOf(step.holder.party);
  const cause = history.filter(({ id }) => id === step.cause);
  if (!cause.some((event) => gaveCause(event, step, history)))
    return [`${step.step} was opened by nothing`];
  const from = Math.max(...cause.map(({ seq }) => seq));
  return knownTo(at, history)
    .filter((event) => event.seq > from && isOver(step, event, history))
    .map((event) => `${step.step} was ended by ${nameOf(event)} ${event.id}`);
}

function gaveCause(event: MeshEvent, step: OpenStep, history: History): boolean {
  const at = agencyOf(step.holder.party);
  if (openedBy(event, history).some((each) => each.step === step.step && each.at === at))
    return true;
  if (nameOf(event) === 'instruction.stop-using' && step.step === 'ask-client') return true;
  const said = saidDone(event, at);
  if (said !== undefined) return stepAfter(said.step, said.outcome, event.senderKind) === step.step;
  if (nameOf(event) === 'reminder.due' || nameOf(event) === 'exit.recorded') return true;
  const wait = waits[nameOf(event)];
  const waiting = wait?.waits === 'sender' ? event.sender : event.to;
  return step.step === 'ask-client' && wait !== undefined && agencyOf(waiting) === at;
}

/** A message between the two that the table names: it ends the step that it cites, or any where it cites none that opened one. */
function isOver(step: OpenStep, event: MeshEvent, history: History): boolean {
  const at = agencyOf(step.holder.party);
  const said = saidDone(event, at);
  if (said !== undefined) return said.step === step.step && event.facts['about'] === step.cause;
  // A wait's step may have been opened by the clock after that message.
  const isByClock = step.step === 'ask-client' && step.openedAt > event.recordedAt;
  if (!isCleared(event) || event.senderKind === 'guard' || isByClock) return false;
  if (!isListed(step.step, event) || !isOfSameForm(step, event)) return false;
  const sides = [agencyOf(event.sender), agencyOf(event.to)];
  const other = step.other === undefined ? undefined : agencyOf(step.other);
  const isBetween = sides.includes(at) && other !== undefined && sides.includes(other);
  const isOwn = other === undefined && sides[0] === at;
  if (!isBetween && !isOwn) return false;
  if (isOnlyForCorrected(step.step, event)) return event.facts['corrects'] === step.root;
  const cited = [event.facts['appointment'], event.cause];
  if (cited.includes(step.root)) return true;
  if (nameOf(event) === 'tpr2.no-trace' && !isOfSameOffice(step, event, history)) return false;
  // Of two reviews that are asked for at once, which one an answer means follows from a thread of citations: the oracle is silent.
  return (
    !nameOf(event).startsWith('review.') && !cited.some((id) => isOpener(id, step.step, history))
  );
}

/** No trace is about the office that had the TPR2; the other offices of its agency go on. */
const isOfSameOffice = ({ holder, other }: OpenStep, { cause }: MeshEvent, history: History) =>
  history.some(({ id, to }) => id === cause && (holder.party === to || other === to));

const isOnlyForCorrected = (step: StepName, event: MeshEvent): boolean =>
  stepEnds[step].ends.some(({ by, when }) => by === nameOf(event) && 'corrects' in (when ?? {}));

function isOfSameForm({ step, form }: OpenStep, event: MeshEvent): boolean {
  if (form === undefined) return true;
  if (step === 'ask-taker')
    return consentFormRules[form].purposes.some((each) => each === purposeOf(event));
  return event.facts['form'] === undefined || event.facts['form'] === form;
}

/** Whether a step of that name was opened by this message, at once or by the clock. */
const isOpener = (id: unknown, step: StepName, history: History): boolean =>
  history
    .filter((event) => event.id === id)
    .some(
      (event) =>
        openedBy(event, history).some((each) => each.step === step) ||
        (step === 'ask-client' && waits[nameOf(event)] !== undefined),
    );
