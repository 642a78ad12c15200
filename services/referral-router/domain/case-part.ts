import { londonDate } from '#libs/calendar/london-time.js';
import type { CaseEndName } from '#libs/contracts/case-ends.js';
import { meets } from '#libs/contracts/condition.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { outcomeSaid } from '#libs/contracts/what-follows.js';
import type { CasePart, Surroundings, View } from './case-state.js';
import { localDay } from './due-date.js';
import { dpa1After } from './keep-record.js';
import { officeWithoutTrace } from './no-trace-part.js';

/** What a message means for the one who sent it, and for the one who got it: an end, or that the case is open again. */
type Turn = CaseEndName | 'opens';
interface Turns {
  readonly sender?: Turn;
  readonly recipient?: Turn;
}

const opens: Turns = { sender: 'opens', recipient: 'opens' };
const referralEnds: Turns = { sender: 'referral-ended', recipient: 'referral-ended' };
const leaves: Turns = { sender: 'treatment-over', recipient: 'exit-and-claim-over' };

const turns: Readonly<Partial<Record<MessageName, Turns>>> = {
  'referral.requested': opens,
  'referral.forwarded': { sender: 'handed-on', recipient: 'opens' },
  'referral.acknowledged': opens,
  'referral.declined': referralEnds,
  'referral.handed-back': { sender: 'referral-ended', recipient: 'opens' },
  'referral.cancelled': referralEnds,
  'appointment.booked': opens,
  'appointment.moved': opens,
  'appointment.attended': opens,
  'appointment.did-not-attend': referralEnds,
  'careplan.agreed': opens,
  'claim.started': opens,
  'tpr2.shared': opens,
  'tpr2.receipt-noted': opens,
  'tpr2.no-trace': { sender: 'no-trace' },
  'exit.notified': leaves,
  'exit.recorded': leaves,
  'exit.stays-in-treatment': opens,
  'instruction.stop-using': { recipient: 'consent-ended' },
  'lead.proposed': opens,
  'lead.agreed': { sender: 'lead-settled', recipient: 'lead-settled' },
};

/** Who holds the case, said in so many words. */
const naming: ReadonlySet<MessageName> = new Set([
  'case.caseworker-named',
  'tpr2.passed-to-adviser',
]);

const exitEnds: ReadonlySet<Turn> = new Set(['treatment-over', 'exit-and-claim-over', 'no-trace']);

/** Steps of a referral: their owner may say that nothing more comes of it. */
const ofReferral: ReadonlySet<string> = new Set([
  'acknowledge-referral',
  'choose-provider',
  'refer-elsewhere',
  'book-first-appointment',
  'tell-outcome',
  'ask-client',
]);
const nothingComes: ReadonlySet<string> = new Set(['declined-by-client', 'no-longer-needed']);

/** What an agency knows of attendance, claim, episode and end after a message. */
export function keepPart(
  view: View,
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
): View {
  const known = {
    ...view,
    ...remembered(event, name),
    hasNamed: hasNamed(view, event, name, around),
    dpa1: dpa1After(view, event, name, around),
    sharedAt: sharedAt(view, event, name, around),
  };
  const turn = turnOf(event, name, around);
  // Another office of the agency has a TPR2 of its own: the case goes on there.
  if (turn === 'no-trace' && known.sharedAt.size > 0) return known;
  if (turn === undefined) return known;
  // Who treats, or was told that the client is treated, has an end only by the exit.
  if (turn !== 'opens' && known.episode === 'treatment' && !exitEnds.has(turn)) return known;
  const end = turn === 'opens' ? undefined : turn;
  return {
    ...known,
    episode: episodeAfter(known, turn, name),
    end,
    since: end === known.end ? known.since : event.recordedAt,
  };
}

/** How the case stands for the agency: an end stands only where nothing is to be done and nothing is waited for. */
export function partOf(view: View, agency: string, parties: readonly string[]): CasePart {
  const { steps, waits, end, since } = view;
  const isOpen =
    end === undefined ||
    steps.length > 0 ||
    waits.length > 0 ||
    (end === 'exit-and-claim-over' && view.claim !== undefined);
  return { agency, parties, ...(isOpen ? {} : { end }), since };
}

function remembered(
  { facts, recordedAt }: MeshEvent,
  name: MessageName,
): Partial<Pick<View, 'claim' | 'nextAttendanceOn'>> {
  if (name === 'claim.ended') return { claim: undefined };
  if (name === 'case.next-attendance') return { nextAttendanceOn: localDay(facts['on']) };
  if (name !== 'claim.started') return {};
  const startedOn = localDay(facts['startedOn']) ?? londonDate(new Date(recordedAt));
  return { claim: { startedOn, isJsa: facts['benefit'] === 'jsa' } };
}

/** A case that goes to another office is to be given to somebody there. */
function hasNamed(
  view: View,
  { sender, facts }: MeshEvent,
  name: MessageName,
  { agencyOf, agency }: Surroundings,
): boolean {
  if (agencyOf(sender) !== agency) return view.hasNamed;
  if (name === 'case.moved-office') return false;
  const names = name === 'tpr2.passed-to-adviser' ? facts['adviser'] : facts['person'];
  return (naming.has(name) && typeof names === 'string') || view.hasNamed;
}

function sharedAt(
  view: View,
  event: MeshEvent,
  name: MessageName,
  around: Surroundings,
): View['sharedAt'] {
  const { agencyOf, agency } = around;
  if (name === 'tpr2.shared' && agencyOf(event.to) === agency)
    return new Set([...view.sharedAt, view.offices.get(event.to) ?? event.to]);
  if (name !== 'tpr2.no-trace' || agencyOf(event.sender) !== agency) return view.sharedAt;
  const gone = officeWithoutTrace(event, view, around);
  return new Set([...view.sharedAt].filter((office) => office !== gone));
}

function turnOf(event: MeshEvent, name: MessageName, around: Surroundings): Turn | undefined {
  if (name === 'step.done') return givenUp(event) ? 'referral-ended' : undefined;
  if (name.startsWith('exit.') && meets(event.facts, { exit: 'unplanned-likely' }))
    return undefined;
  // One message was wrong: what was shared besides goes on.
  if (name === 'instruction.stop-using' && event.facts['message'] !== undefined) return undefined;
  const side = around.agencyOf(event.sender) === around.agency ? 'sender' : 'recipient';
  const kind = side === 'sender' ? event.senderKind : event.recipientKind;
  const turn = turns[name]?.[side];
  return turn === 'lead-settled' && kind !== 'probation' ? undefined : turn;
}

function givenUp({ facts }: MeshEvent): boolean {
  const said = outcomeSaid(facts);
  return said !== undefined && ofReferral.has(said.step) && nothingComes.has(said.outcome);
}

function episodeAfter({ episode }: View, turn: Turn, name: MessageName): View['episode'] {
  if (exitEnds.has(turn)) return 'over';
  if (name === 'careplan.agreed' || name === 'tpr2.shared') return 'treatment';
  if (name === 'exit.stays-in-treatment') return 'treatment';
  return turn === 'opens' && episode === 'over' ? 'none' : episode;
}
