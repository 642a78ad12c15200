import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { FactValue } from '#libs/contracts/service-forms.js';

/** What reminders keeps of an event of EVENTS: who told what of which case, the dates, and its place in the guard's order. */
export interface CaseEvent {
  readonly id: string;
  /** `stopped`: a message that was cleared before was ended before it was collected. */
  readonly verdict: 'cleared' | 'stopped';
  /** Of two events of a case the greater is the later, in whatever order they arrive. */
  readonly seq: number;
  readonly caseId: string;
  readonly name: MessageName;
  readonly sender: string;
  readonly recipient: string;
  /** The message it answers: the offer of an accepted appointment. */
  readonly cause: string | undefined;
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly recordedAt: Date;
}

/** The types that reminders counts from or that end a reminder. */
const followed: ReadonlySet<MessageName> = new Set([
  'careplan.agreed',
  'careplan.reviewed',
  'claim.started',
  'claim.ended',
  'consent.recorded',
  'consent.withdrawn',
  'exit.notified',
  'exit.recorded',
  'review.accepted',
  'review.declined',
  'review.held',
  'review.not-held',
  'step.done',
]);

/** The event as a case event, or undefined when it moves no reminder: another type, no case, refused, or still waiting. */
export function caseEventOf(event: MeshEvent): CaseEvent | undefined {
  const name = nameOfType(event.type);
  if (name === undefined || !followed.has(name) || event.case === undefined) return undefined;
  if (event.verdict === 'refused' || event.verdict === 'waiting') return undefined;
  return {
    id: event.id,
    verdict: event.verdict === 'stopped' ? 'stopped' : 'cleared',
    seq: event.seq,
    caseId: event.case,
    name,
    sender: event.sender,
    recipient: event.to,
    cause: event.cause,
    facts: event.facts,
    recordedAt: new Date(event.recordedAt),
  };
}
