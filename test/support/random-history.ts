import * as fc from 'fast-check';
import { citations } from '#libs/contracts/citations.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import {
  type MessageName,
  messageNames,
  nameOfType,
  ruleOf,
} from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { consentForms } from '#libs/contracts/purposes.js';
import { declineReasons } from '#libs/contracts/referral-forms.js';
import { reminderKinds } from '#libs/contracts/service-forms.js';
import { stepOutcomes } from '#libs/contracts/step-outcomes.js';
import { stepNames } from '#libs/contracts/steps.js';
import { agencyOf, kindOf, meshEvent } from './router-events.js';
import { toldCase } from './told-case.js';

/*
 * Legal histories of a case, drawn at random: every message goes from a kind of party that may send it to one that may get it, cites a
 * message that its sender knows and that it may cite, and says one of the things that its form lets it say. Some are refused, some
 * stopped after they were cleared. Reminders are counted from what they may be counted from; a withdrawal is followed by instructions.
 */

export const parties = [
  'jcp_wandsworth',
  'jcp_leeds',
  'trt_acme',
  'trt_beacon',
  'spoc_lsw',
  'cp_bright',
  'prob_london',
] as const;

const names: readonly MessageName[] = messageNames.filter(
  (name) =>
    ruleOf(name).caseUse !== 'none' &&
    ruleOf(name).from.length > 0 &&
    !name.startsWith('client-view.'),
);

/** Answers and ends are drawn as often as all that can begin anew, else a history is all beginnings. */
function namesNow(history: readonly MeshEvent[]): readonly MessageName[] {
  const isPossible = (name: MessageName): boolean =>
    ruleOf(name).cites === undefined || citable(history, name).length > 0;
  const possible = names.filter(isPossible);
  const answers = possible.filter((name) => ruleOf(name).cites !== undefined);
  const hasWithdrawn = history.some((event) => nameOf(event) === 'consent.withdrawn');
  return [
    ...possible,
    ...answers,
    ...answers,
    ...answers,
    ...(['reminder.due', 'reminder.due', 'step.done', 'step.done', 'step.done'] as const),
    ...(hasWithdrawn ? (['instruction.stop-using', 'instruction.stop-using'] as const) : []),
  ];
}

const anchors: Readonly<Record<string, readonly MessageName[]>> = {
  'care-plan-review': ['careplan.agreed'],
  'outcome-profile': ['careplan.agreed'],
  'claim-interview-13': ['claim.started'],
  'claim-interview-26': ['claim.started'],
  'review-appointment': ['review.accepted'],
  'next-review': ['review.outcome'],
  'consent-lapse': ['consent.recorded', 'dpa1.returned'],
};

/** Numbers that the next message is made of. */
interface Draw {
  readonly name: number;
  readonly picks: readonly number[];
  readonly days: number;
  readonly fate: 'cleared' | 'cleared-in-part' | 'refused' | 'stopped';
}

const draw: fc.Arbitrary<Draw> = fc.record({
  name: fc.nat({ max: 10_000 }),
  picks: fc.array(fc.nat({ max: 1_000 }), { minLength: 10, maxLength: 10 }),
  days: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 12 })),
  fate: fc.oneof(
    { weight: 12, arbitrary: fc.constant('cleared' as const) },
    fc.constantFrom('cleared-in-part' as const, 'refused' as const, 'stopped' as const),
  ),
});

export const historyArbitrary: fc.Arbitrary<readonly MeshEvent[]> = fc
  .array(draw, { minLength: 1, maxLength: 30, size: 'max' })
  .map(toHistory);

export const isCleared = ({ verdict }: MeshEvent): boolean => verdict.startsWith('cleared');
export const nameOf = ({ type }: MeshEvent): MessageName => nameOfType(type) as MessageName;

function toHistory(draws: readonly Draw[]): readonly MeshEvent[] {
  const history: MeshEvent[] = [];
  let at = Date.parse('2026-03-02T10:00:00Z');
  for (const each of draws) {
    at += each.days * 86_400_000 + 60_000;
    const event = next(history, each, new Date(at).toISOString());
    if (event === undefined) continue;
    history.push(event);
    if (each.fate === 'stopped' && event.senderKind !== 'guard' && event.to !== 'mesh')
      history.push({ ...event, seq: event.seq + 1, verdict: 'stopped', reason: 'withdrawn' });
  }
  return history;
}

function next(
  history: readonly MeshEvent[],
  { name: drawn, picks, fate }: Draw,
  recordedAt: string,
): MeshEvent | undefined {
  const name = pick(namesNow(history), drawn)!;
  const common = { id: idAt(history.length), seq: 10 * (history.length + 1), recordedAt };
  if (name === 'reminder.due') return reminderAfter(history, picks, common);
  if (name === 'instruction.stop-using') return instructionAfter(history, picks, common);
  const rule = ruleOf(name);
  const cited = pick(citable(history, name), picks[0]);
  if (rule.cites !== undefined && cited === undefined) return undefined;
  const knowing = cited === undefined ? parties : [cited.sender, cited.to];
  const sender = pick(
    knowing.filter((party) => mayBe(rule.from, party)),
    picks[1],
  );
  if (sender === undefined) return undefined;
  const others = parties.filter(
    (party) => party !== sender && mayBe(rule.to, party) && isHome(name, party, sender),
  );
  const partner = [cited?.sender, cited?.to].find((party) => others.some((each) => each === party));
  const to = rule.to.includes('mesh') ? 'mesh' : (partner ?? pick(others, picks[2]));
  if (to === undefined) return undefined;
  const facts = factsOf(name, { history, sender, to, picks });
  const isRefused = fate === 'refused' && to !== 'mesh';
  return meshEvent(name, {
    ...common,
    sender,
    to,
    facts,
    ...(cited === undefined ? {} : { cause: cited.id }),
    verdict: isRefused ? 'refused' : fate === 'cleared-in-part' ? fate : 'cleared',
    ...(isRefused ? { reason: 'no-consent-on-record' } : {}),
  });
}

/** A case moves only within an agency. */
const isHome = (name: MessageName, party: string, sender: string): boolean =>
  name !== 'case.moved-office' || agencyOf(party) === agencyOf(sender);

function citable(history: readonly MeshEvent[], name: MessageName): readonly MeshEvent[] {
  return history.filter(
    (event) => isHad(event, history) && citations[name]?.includes(nameOf(event)),
  );
}

/** Cleared, and not stopped since. */
export const isHad = (event: MeshEvent, history: readonly MeshEvent[]): boolean =>
  isCleared(event) && !history.some(({ id, verdict }) => id === event.id && verdict === 'stopped');

const mayBe = (kinds: readonly (PartyKind | 'area' | 'mesh')[], party: string): boolean =>
  kinds.includes(kindOf(party));

const pick = <T>(from: readonly T[], n = 0): T | undefined =>
  from.length === 0 ? undefined : from[n % from.length];

const idAt = (n: number): string => `01900000-0000-7000-9000-${String(n + 1).padStart(12, '0')}`;

interface Saying {
  readonly history: readonly MeshEvent[];
  readonly sender: string;
  readonly to: string;
  readonly picks: readonly number[];
}

function factsOf(name: MessageName, saying: Saying): MeshEvent['facts'] {
  const { sender, picks } = saying;
  const [, , , a, b, c] = picks;
  switch (name) {
    case 'consent.recorded':
      return { form: pick(consentForms, a)!, decision: pick(['given', 'given', 'refused'], b)! };
    case 'consent.withdrawn':
      return { form: pick(consentForms, a)!, keep: '' };
    case 'referral.declined':
      return { reason: pick(declineReasons, a)! };
    case 'exit.notified':
    case 'exit.recorded':
      return { exit: pick(['planned', 'unplanned', 'unplanned-likely'], a)! };
    case 'tpr2.shared':
      return { dpa1Current: pick([true, false], a)! };
    case 'tpr2.passed-to-adviser':
      return { adviser: `p_${sender}_${(c ?? 0) % 2 === 0 ? 1 : 2}` };
    case 'claim.started':
      return { benefit: pick(['jsa', 'esa'], a)!, startedOn: '2026-02-02' };
    case 'review.held':
      return { heldOn: '2026-03-20', asInterview: pick([true, false], a)! };
    case 'case.next-attendance':
      return { on: pick(['2026-03-11', '2026-03-25', '2026-04-08'], a)! };
    case 'case.caseworker-named':
      return { person: `p_${sender}_${(c ?? 0) % 2 === 0 ? 1 : 2}`, from: '2026-03-02' };
    case 'appointment.booked':
    case 'appointment.moved':
      return { startsAt: pick(['2026-03-09T10:00:00Z', '2026-03-30T10:00:00Z'], a)! };
    case 'appointment.attended':
    case 'appointment.did-not-attend':
      return outcomeFacts(name, saying);
    case 'step.done':
      return doneFacts(saying);
    default:
      return {};
  }
}

/** An outcome may name its appointment, and correct an outcome of the other kind. */
function outcomeFacts(
  name: MessageName,
  { history, sender, to, picks }: Saying,
): MeshEvent['facts'] {
  const between = history.filter(
    (event) => isHad(event, history) && event.sender === sender && event.to === to,
  );
  const isBooking = (event: MeshEvent): boolean =>
    nameOf(event) === 'appointment.booked' || nameOf(event) === 'appointment.moved';
  const wrongName =
    name === 'appointment.attended' ? 'appointment.did-not-attend' : 'appointment.attended';
  const wrong = pick(
    between.filter((event) => nameOf(event) === wrongName),
    picks[3],
  );
  const appointment = pick(between.filter(isBooking), picks[4]);
  const isCorrection = wrong !== undefined && (picks[5] ?? 0) % 2 === 0;
  const named = isCorrection ? wrong.facts['appointment'] : appointment?.id;
  return {
    on: '2026-03-09',
    ...(named === undefined ? {} : { appointment: named }),
    ...(isCorrection ? { corrects: wrong.id } : {}),
  };
}

/** Mostly a step that is open there, sometimes any. */
function doneFacts({ history, sender, picks }: Saying): MeshEvent['facts'] {
  const own = toldCase(history).steps.filter(
    ({ holder }) => agencyOf(holder.party) === agencyOf(sender),
  );
  const open = pick(own, picks[3]);
  const outcome = pick(stepOutcomes, picks[4])!;
  if (open === undefined || (picks[5] ?? 0) % 5 === 0)
    return { step: pick(stepNames, picks[3])!, outcome };
  const isNamed = (picks[5] ?? 0) % 3 > 0;
  return { step: open.step, outcome, ...(isNamed ? { about: open.cause } : {}) };
}

type Common = Pick<MeshEvent, 'id' | 'seq' | 'recordedAt'>;

function reminderAfter(
  history: readonly MeshEvent[],
  picks: readonly number[],
  common: Common,
): MeshEvent | undefined {
  const kind = pick(reminderKinds, picks[0])!;
  const anchor = pick(
    history.filter((event) => isHad(event, history) && anchors[kind]?.includes(nameOf(event))),
    picks[1],
  );
  if (anchor === undefined) return undefined;
  const { actor: _actor, ...due } = meshEvent('reminder.due', {
    ...common,
    sender: 'svc_reminders',
    to: 'mesh',
    cause: anchor.id,
    facts: { kind, dueOn: '2026-05-27', occurrence: 1 },
  });
  return due;
}

/** After a withdrawal, to somebody who had something; of which consent, the instruction does not say. */
function instructionAfter(
  history: readonly MeshEvent[],
  picks: readonly number[],
  common: Common,
): MeshEvent | undefined {
  const withdrawal = pick(
    history.filter((event) => nameOf(event) === 'consent.withdrawn'),
    picks[0],
  );
  const holders = history
    .filter((event) => isHad(event, history) && event.to !== 'mesh')
    .map(({ to }) => to);
  const to = pick([...new Set(holders)], picks[1]);
  if (withdrawal === undefined || to === undefined || to === withdrawal.sender) return undefined;
  const { actor: _actor, ...instruction } = meshEvent('instruction.stop-using', {
    ...common,
    sender: 'guard',
    to,
    cause: withdrawal.id,
  });
  return instruction;
}
