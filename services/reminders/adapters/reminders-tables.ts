import type { ColumnType, Generated } from 'kysely';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { FactValue, ReminderKind } from '#libs/contracts/service-forms.js';
import type { CaseEvent } from '../domain/case-event.js';
import type { ReminderState } from '../domain/reminder.js';

/** `migrations/0001_schedule.sql`. Days are `YYYY-MM-DD`; instants are in mesh time. */
export interface RemindersTables {
  followed: { number: number };
  followed_event: {
    id: string;
    verdict: CaseEvent['verdict'];
    seq: number;
    case_id: string;
    name: MessageName;
    sender: string;
    recipient: string;
    cause: string | null;
    facts: ColumnType<Record<string, FactValue>, string, never>;
    recorded_at: Date;
  };
  reminder: {
    reminder: string;
    case_id: string;
    party: string;
    kind: ReminderKind;
    anchor: string;
    anchor_on: string;
    every_weeks: number;
    repeats: boolean;
    occurrence: number;
    due_on: string;
    remind_at: Date;
    state: Generated<ReminderState>;
    put_out_at: Date | null;
  };
}
