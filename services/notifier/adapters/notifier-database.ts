import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { FailReason, HoldReason, SendPhase } from '../domain/send-ledger.js';
import type { KeyRefusal } from '../domain/sealer.js';

export interface PersonTable {
  person: string;
  address: string;
  public_key: string | null;
  fingerprint: string | null;
  key_refusal: KeyRefusal | null;
  put_at: Date;
}

export interface MailTable {
  notice: string;
  cause: string;
  kind: string;
  person: string;
  state: 'held' | 'prepared' | 'unknown' | 'accepted' | 'failed' | 'stopped';
  reason: HoldReason | FailReason | 'may-have-left' | null;
  attempts: Generated<number>;
  unknowns: Generated<number>;
  last_reply: string | null;
  queue_id: string | null;
  message_id: string;
  envelope_id: string;
  held_notice: Buffer | null;
  recipient: string | null;
  encryption_key_id: string | null;
  sealed: Buffer | null;
  sealed_sha256: Buffer | null;
  prepared_at: Date | null;
  due_at: Date | null;
  changed_at: Date;
}

export interface MailAttemptTable {
  notice: string;
  phase: SendPhase;
  started_at: ColumnType<Date, never, never>;
}

export interface StoppedNoticeTable {
  notice: string;
  stopped_at: ColumnType<Date, never, never>;
}

/** See migrations/. */
export interface NotifierTables {
  person: PersonTable;
  mail: MailTable;
  mail_attempt: MailAttemptTable;
  stopped_notice: StoppedNoticeTable;
}
export type NotifierDatabase = Kysely<NotifierTables>;
export type NotifierTransaction = Transaction<NotifierTables>;
