import { correctionStopped } from '#libs/contracts/correction-stopped.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { presentOffice } from './present-office.js';
import { type Instruction, stopUsingAfter, stopUsingMessage } from './stop-using.js';
import type { World } from './world.js';

interface Around {
  readonly sender: DirectoryParty;
  readonly world: World;
  readonly nowMs: number;
}

/**
 * Adds the guard's own instruction to stop using, where the decision gives cause for one.
 * The office that had a TPR2, and has no trace of the client, is told in the same instant to keep nothing of what was shared with it.
 * An outcome that was wrong may not stand because its consent has ended since: the correction does not pass, and who got the wrong one is
 * told to stop using it. The sender is told so, in the same words whatever the consent lacks.
 */
export function addInstruction(decision: Decision, incoming: Incoming, around: Around): Decision {
  const { record } = decision;
  if (record.caseId === undefined) return decision;
  if (record.name === 'tpr2.no-trace' && isCleared(record)) {
    const holder = holderOf(record, around);
    return withOwn(decision, { cause: record, caseId: record.caseId, holder }, around.nowMs);
  }
  const wrong = wrongOutcome(record, incoming, around.world);
  if (wrong?.recipient === undefined || record.verdict.kind !== 'refused') return decision;
  const told = {
    ...decision,
    record: { ...record, verdict: { ...record.verdict, detail: correctionStopped } },
  };
  if (isToldAlready(wrong, record.caseId, around.world)) return told;
  const holder = { ...wrong, recipient: wrong.recipient };
  return withOwn(
    told,
    { cause: record, caseId: record.caseId, holder, message: wrong.id },
    around.nowMs,
  );
}

/** Who has what was shared: the office to which the TPR2 went; where the case has moved since, the present one. */
function holderOf(
  { cause, caseId, sender, senderAgency }: GuardRecord,
  { sender: saying, world }: Around,
): Instruction['holder'] {
  const shared = world.record(cause ?? '')?.recipient ?? sender;
  const moves = world
    .historyOf(caseId ?? '')
    .filter((each) => isCleared(each) && each.senderAgency === senderAgency);
  const { id, kind, agency } = world.directory.party(presentOffice(shared, moves)) ?? saying;
  return { recipient: id, recipientKind: kind, recipientAgency: agency };
}

/** The outcome that a refused correction names: sent by the same agency, and with the recipient still. */
function wrongOutcome(
  { name, verdict, senderAgency }: GuardRecord,
  { read }: Incoming,
  world: World,
): GuardRecord | undefined {
  const { corrects } = read.envelope.data;
  const isOutcome = name === 'appointment.attended' || name === 'appointment.did-not-attend';
  if (
    !isOutcome ||
    typeof corrects !== 'string' ||
    verdict.kind !== 'refused' ||
    verdict.reason !== 'no-consent-on-record'
  )
    return undefined;
  const wrong = world.record(corrects);
  return wrong !== undefined && isCleared(wrong) && wrong.senderAgency === senderAgency
    ? wrong
    : undefined;
}

/** The sender tries again to correct it: its recipient was told once. */
const isToldAlready = (wrong: GuardRecord, caseId: string, world: World): boolean =>
  world
    .historyOf(caseId)
    .some(({ name, facts }) => name === 'instruction.stop-using' && facts['message'] === wrong.id);

function withOwn(
  { record, effects, others }: Decision,
  instruction: Instruction,
  nowMs: number,
): Decision {
  const own = stopUsingAfter(instruction, nowMs);
  const deliver = {
    kind: 'deliver' as const,
    id: own.id,
    recipient: own.to,
    message: stopUsingMessage(own),
  };
  return { record, effects: [...effects, deliver], others: [...others, own] };
}
