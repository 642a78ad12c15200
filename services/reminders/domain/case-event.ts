import type { MessageName } from '#libs/contracts/message-table.js';
import type { FactValue } from '#libs/contracts/service-forms.js';

/** What reminders keeps of an event: who told what of which case, the dates, and its place in the guard's order. */
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
