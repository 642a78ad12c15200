import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type MessageName, nameOfType, ruleOf, typeOf } from '#libs/contracts/message-table.js';
import { type ConsentForm, consentFormRules } from '#libs/contracts/purposes.js';
import { formBehind } from '#libs/contracts/refusal-steps.js';
import { stepEnds } from '#libs/contracts/step-ends.js';
import type { StepName } from '#libs/contracts/steps.js';
import { stepsEndedBy, stepsOpenedBy } from '#libs/contracts/what-follows.js';
import type { OpenStep, Surroundings, View } from './case-state.js';
import { isOfItsPart } from './no-trace-part.js';
import { formNamed } from './open-steps.js';
import { isPassedOn } from './passed-on.js';

/** The job centre has the DPA1, whichever provider's TPR2 it waits for. */
const countsForAll: ReadonlySet<MessageName> = new Set(['dpa1.returned']);
/** Messages between the request of a review and its next offer. */
const reviews: ReadonlySet<string> = new Set(
  (['review.declined', 'review.not-held', 'review.offered', 'review.moved'] as const).map(typeOf),
);
/** The treatment is over, towards everybody. */
const exits: ReadonlySet<MessageName> = new Set(['exit.notified', 'exit.recorded']);

/**
 * The steps that stay open after a message. Which names it ends stands in `stepEnds`; a case may involve several parties, so of these it
 * ends only
 * - the sender's own: those towards this recipient; where there are none, all of that name, since the counterpart may have changed (a
 *   re-referral to another provider answers a did-not-attend of the first);
 * - the recipient's towards the sender, or towards nobody in particular (a review held closes the keyworker's care plan review);
 * - where the message cites one that opened such a step: that step alone (the outcome of one appointment leaves the other's open);
 * - the recipient's towards the provider that had the client before the single point of contact passed them on to the sender;
 * - after an instruction to stop using: of what rests on the consent that was taken back;
 * - after no trace: of the office that had the TPR2.
 * Offices of one agency count as one: an adviser elsewhere closes what came to the first office.
 */
export function stepsLeft(
  view: Pick<View, 'steps' | 'offices'>,
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
): readonly OpenStep[] {
  const names = stepsEndedBy({ name, facts: event.facts });
  const steps = view.steps.filter((step) => isOfItsPart(step, event, view, around));
  const ended = new Set([
    ...names.flatMap((each) => {
      const named = steps.filter(({ step }) => step === each);
      if (named.length === 0) return [];
      return event.senderKind === 'guard'
        ? named.filter((step) => isTakenBack(step, event, around))
        : endedOf(each, named, { event, name, around });
    }),
    ...(name === 'consent.withdrawn' ? endedUnheard(steps, event, around) : []),
  ]);
  return ended.size === 0 ? view.steps : view.steps.filter((step) => !ended.has(step));
}

/** Whom nothing reached, the guard does not instruct: the own withdrawal ends what the instruction would. */
function endedUnheard(
  steps: readonly OpenStep[],
  event: MeshEvent,
  around: Surroundings,
): readonly OpenStep[] {
  const names = stepsEndedBy({ name: 'instruction.stop-using', facts: {} });
  return steps.filter(
    ({ step, root }) => names.includes(step) && isTakenBackUnheard(root, event, around),
  );
}

/** Whether a message that never arrived rested on the consent that its sender's own agency withdraws now. */
export const isTakenBackUnheard = (
  message: string,
  withdrawal: MeshEvent,
  { isStopped, messageOf }: Surroundings,
): boolean => isStopped(message) && restsOn(messageOf(message), withdrawal);

interface Ending {
  readonly event: MeshEvent;
  readonly name: MessageName;
  readonly around: Surroundings;
}

function endedOf(step: StepName, named: readonly OpenStep[], ending: Ending): readonly OpenStep[] {
  const { event, name, around } = ending;
  const { agencyOf } = around;
  const sender = agencyOf(event.sender);
  const to = agencyOf(event.to);
  const formEnding = step === 'ask-taker' ? formBehind(name) : formNamed(event);
  const isSameForm = ({ form }: OpenStep): boolean =>
    form === undefined || formEnding === undefined || form === formEnding;
  const own = named.filter((each) => agencyOf(each.holder.party) === sender && isSameForm(each));
  const towards = own.filter(({ other }) => other !== undefined && agencyOf(other) === to);
  const held = named.filter(
    (each) => agencyOf(each.holder.party) === to && (each.step !== 'ask-taker' || isSameForm(each)),
  );
  const theirs = held.filter(
    ({ other }) => countsForAll.has(name) || isBetween(other, event, around),
  );
  return [
    ...held.filter((each) => isPassedOn(each, event, around)),
    ...meant(step, towards.length > 0 && !exits.has(name) ? towards : own, sender, ending),
    ...meant(step, theirs, to, ending),
  ];
}

/** Whether a step towards `other` is a matter of the sender too: a single point of contact stands between referrer and provider. */
function isBetween(
  other: string | undefined,
  { sender, to }: MeshEvent,
  { agencyOf, isSpoc }: Surroundings,
): boolean {
  if (other === undefined || agencyOf(other) === agencyOf(sender)) return true;
  return [other, sender, to].some(isSpoc);
}

/** Of the steps that a message could end, those that it means: see `stepsLeft`. */
function meant(
  step: StepName,
  steps: readonly OpenStep[],
  holder: string,
  { event, name, around }: Ending,
): readonly OpenStep[] {
  const { corrects } = event.facts;
  if (isOnlyCorrected(step, name)) return steps.filter(({ root }) => root === corrects);
  for (const id of citedBy(event)) {
    const answered = steps.filter(
      (each) => leadsTo(each.root, id, around) || isOvertaken(each, id, around),
    );
    if (answered.length > 0) return answered;
    if (opensFor(id, step, holder, around)) return []; // that one is closed already
  }
  return steps;
}

/** A review is asked for once and offered again after each decline: an offer that cites the request answers the decline too. */
function leadsTo(root: string, cited: string, { messageOf }: Surroundings): boolean {
  const seen = new Set<string>();
  for (let at: string | undefined = root; at !== undefined && !seen.has(at);) {
    if (at === cited) return true;
    seen.add(at);
    const message = messageOf(at);
    at = message !== undefined && reviews.has(message.type) ? message.cause : undefined;
  }
  return false;
}

/** Who hears of an appointment need no longer hear of the one before it, which was called off or moved. */
function isOvertaken(
  { step, openedAt }: OpenStep,
  appointment: string,
  { messageOf }: Surroundings,
): boolean {
  const told = messageOf(appointment);
  return step === 'tell-client' && told !== undefined && openedAt < told.recordedAt;
}

/** A corrected outcome ends what followed from the wrong one, and nothing of another appointment. */
const isOnlyCorrected = (step: StepName, name: MessageName): boolean =>
  stepEnds[step].ends.some(({ by, when }) => by === name && when?.['corrects'] !== undefined);

/** The messages that an event answers, the one it says most exactly first. */
export const citedBy = ({ facts, cause }: MeshEvent): readonly string[] =>
  [facts['appointment'], cause].filter((id) => typeof id === 'string');

function opensFor(
  id: string,
  step: StepName,
  holder: string,
  { messageOf, agencyOf }: Surroundings,
): boolean {
  const opener = messageOf(id);
  const name = opener === undefined ? undefined : nameOfType(opener.type);
  if (opener === undefined || name === undefined) return false;
  const { facts, senderKind, recipientKind } = opener;
  return stepsOpenedBy({ name, facts, senderKind, recipientKind }).some(
    (template) =>
      template.step === step &&
      agencyOf(template.owner.side === 'sender' ? opener.sender : opener.to) === holder,
  );
}

/**
 * Whether an instruction to stop using ends the step: one of the party that it went to, or one that the party which recorded the
 * withdrawal owes it. Only what rests on the consent taken back; where the router does not know which one that was, all. A refusal binds
 * the lines of the one who recorded it: what another provider shares goes on. An instruction about one message ends what that one opened.
 */
export function isTakenBack(
  {
    step,
    root,
    holder,
    other,
  }: Pick<OpenStep, 'root' | 'holder' | 'other'> & Partial<Pick<OpenStep, 'step'>>,
  event: MeshEvent,
  { agencyOf, messageOf, isSpoc }: Surroundings,
): boolean {
  const told = agencyOf(event.to);
  const { message } = event.facts;
  if (message !== undefined) return agencyOf(holder.party) === told && root === message;
  const withdrawal = event.cause === undefined ? undefined : messageOf(event.cause);
  const holds = agencyOf(holder.party);
  const owes =
    other !== undefined &&
    agencyOf(other) === told &&
    withdrawal !== undefined &&
    agencyOf(withdrawal.sender) === holds;
  const isRefusal = nameOfType(withdrawal?.type ?? '') === 'consent.recorded';
  const isTheirs =
    !isRefusal ||
    other === undefined ||
    isSpoc(other) ||
    [other, holder.party].map(agencyOf).includes(agencyOf(withdrawal?.sender ?? ''));
  // The instruction names the form itself: the withdrawal may stand in another case.
  const taken = formNamed(event) === undefined ? withdrawal : event;
  // What a DPA1 opened is made of the TPR2 on record: it goes with either.
  const isByDpa1 =
    step === 'update-record' && nameOfType(messageOf(root)?.type ?? '') === 'consent.recorded';
  if (isByDpa1 && holds === told && taken !== undefined && formTaken(taken) === 'TPR2') return true;
  return (
    (holds === told || owes) && isTheirs && restsOn(basisOf(messageOf(root), messageOf), taken)
  );
}

/** What was passed to an adviser rests on what the TPR2 rests on. */
const basisOf = (
  opener: MeshEvent | undefined,
  messageOf: Surroundings['messageOf'],
): MeshEvent | undefined =>
  nameOfType(opener?.type ?? '') === 'tpr2.passed-to-adviser'
    ? (messageOf(opener?.cause ?? '') ?? opener)
    : opener;

function restsOn(opener: MeshEvent | undefined, withdrawal: MeshEvent | undefined): boolean {
  const form = withdrawal === undefined ? undefined : formTaken(withdrawal);
  const name = opener === undefined ? undefined : nameOfType(opener.type);
  if (form === undefined || name === undefined) return true;
  if (opener !== undefined && name === 'consent.recorded') return formNamed(opener) === form;
  const { purpose } = ruleOf(name);
  const kept = String(withdrawal?.facts['keep'] ?? '').split(' ');
  return (
    purpose === null ||
    (consentFormRules[form].purposes.includes(purpose) && !kept.includes(purpose))
  );
}

/** What was shared goes after no trace, as after a withdrawal of the TPR2. */
const formTaken = (withdrawal: MeshEvent): ConsentForm | undefined =>
  nameOfType(withdrawal.type) === 'tpr2.no-trace' ? 'TPR2' : formNamed(withdrawal);
