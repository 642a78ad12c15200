import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { MailStatus } from '#libs/contracts/ask.js';
import type { SealedMail } from '../domain/sealed-mail.js';
import {
  type HoldReason,
  type SendPhase,
  type SendState,
  waitBeforeNextAttemptMs,
} from '../domain/send-ledger.js';
import type { NotifierDatabase, NotifierTransaction } from './notifier-database.js';

/** What is fixed for a notice's mail from its first moment on. */
export interface MailHead {
  readonly notice: string;
  readonly cause: string;
  readonly kind: string;
  readonly person: string;
  readonly messageId: string;
  readonly envelopeId: string;
}

/** A mail that is due, held by the caller's transaction. */
export interface DueMail {
  readonly notice: string;
  readonly person: string;
  readonly envelopeId: string;
  readonly recipient: string;
  readonly encryptionKeyId: string;
  readonly sealed: Uint8Array;
  readonly isWhole: boolean;
  readonly state: SendState;
  /** How long ago it was prepared. */
  readonly ageMs: number;
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const sealedColumns = (mail: SealedMail, encryptionKeyId: string) => {
  const bytes = mail.bytes();
  return {
    recipient: mail.recipient,
    encryption_key_id: encryptionKeyId,
    sealed: Buffer.from(bytes),
    sealed_sha256: sha256(bytes),
    prepared_at: sql<Date>`now()`,
    due_at: sql<Date>`now()`,
  };
};

const headColumns = (head: MailHead) => ({
  notice: head.notice,
  cause: head.cause,
  kind: head.kind,
  person: head.person,
  message_id: head.messageId,
  envelope_id: head.envelopeId,
});

export async function insertPrepared(
  tx: NotifierTransaction,
  head: MailHead,
  sealed: { readonly mail: SealedMail; readonly encryptionKeyId: string },
  at: Date,
): Promise<void> {
  const values = {
    ...headColumns(head),
    ...sealedColumns(sealed.mail, sealed.encryptionKeyId),
    state: 'prepared' as const,
    changed_at: at,
  };
  await tx.insertInto('mail').values(values).execute();
}

export async function insertHeld(
  tx: NotifierTransaction,
  head: MailHead,
  held: { readonly reason: HoldReason; readonly locked: Uint8Array },
  at: Date,
): Promise<void> {
  const values = {
    ...headColumns(head),
    state: 'held' as const,
    reason: held.reason,
    held_notice: Buffer.from(held.locked),
    changed_at: at,
  };
  await tx.insertInto('mail').values(values).execute();
}

/** A person's held mails, oldest first. */
export async function heldMailsOf(
  tx: NotifierTransaction,
  person: string,
): Promise<
  readonly { readonly notice: string; readonly messageId: string; readonly locked: Uint8Array }[]
> {
  const query = tx
    .selectFrom('mail')
    .select(['notice', 'message_id as messageId', 'held_notice'])
    .where('person', '=', person);
  const rows = await query.where('state', '=', 'held').orderBy('changed_at').forUpdate().execute();
  return rows.flatMap(({ notice, messageId, held_notice: locked }) =>
    locked === null ? [] : [{ notice, messageId, locked }],
  );
}

export async function releaseHeld(
  tx: NotifierTransaction,
  notice: string,
  sealed: { readonly mail: SealedMail; readonly encryptionKeyId: string },
  at: Date,
): Promise<void> {
  const columns = {
    ...sealedColumns(sealed.mail, sealed.encryptionKeyId),
    state: 'prepared' as const,
    reason: null,
    held_notice: null,
  };
  await tx
    .updateTable('mail')
    .set({ ...columns, changed_at: at })
    .where('notice', '=', notice)
    .execute();
}

/** Whether a mail is due, perhaps one that another lane or instance has in hand. One statement, for who looks again and again. */
export async function isMailDue(db: NotifierDatabase): Promise<boolean> {
  const row = await db
    .selectFrom('mail')
    .select('notice')
    .where('state', 'in', ['prepared', 'unknown'])
    .where('due_at', '<=', sql<Date>`now()`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The mail longest due that nobody else is sending, locked until the transaction ends: a killed worker's lock goes with its connection.
 * An attempt that is still open tells that its worker was lost, and how far it had come. (NO KEY UPDATE, so that the attempt's own
 * row, which refers to this one, can be written from another connection meanwhile.)
 */
export async function takeDueMail(tx: NotifierTransaction): Promise<DueMail | undefined> {
  await sql`set local idle_in_transaction_session_timeout = '10min'`.execute(tx);
  const row = await tx
    .selectFrom('mail')
    .selectAll()
    .select(sql<number>`(extract(epoch from now() - prepared_at) * 1000)::float8`.as('age_ms'))
    .where('state', 'in', ['prepared', 'unknown'])
    .where('due_at', '<=', sql<Date>`now()`)
    .orderBy('due_at')
    .limit(1)
    .forNoKeyUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (
    row === undefined ||
    row.sealed === null ||
    row.recipient === null ||
    row.encryption_key_id === null
  )
    return undefined;
  const open = await tx
    .selectFrom('mail_attempt')
    .select('phase')
    .where('notice', '=', row.notice)
    .executeTakeFirst();
  const { attempts, unknowns } = row;
  const resting = {
    kind: row.state === 'unknown' ? ('unknown' as const) : ('prepared' as const),
    attempts,
    unknowns,
  };
  return {
    notice: row.notice,
    person: row.person,
    envelopeId: row.envelope_id,
    recipient: row.recipient,
    encryptionKeyId: row.encryption_key_id,
    sealed: row.sealed,
    isWhole: row.sealed_sha256?.equals(sha256(row.sealed)) === true,
    state:
      open === undefined
        ? resting
        : { kind: 'sending', attempts: attempts + 1, unknowns, phase: open.phase },
    ageMs: row.age_ms,
  };
}

/** Written outside the sender's transaction, so that it outlives the sender. */
export async function writeAttempt(
  db: NotifierDatabase,
  notice: string,
  phase: SendPhase,
): Promise<void> {
  const row = db.insertInto('mail_attempt').values({ notice, phase });
  await row.onConflict((conflict) => conflict.column('notice').doUpdateSet({ phase })).execute();
}

/** Writes down how the attempt ended and forgets it; what is final keeps no ciphertext and no address. */
export async function settleAttempt(
  tx: NotifierTransaction,
  notice: string,
  settled: { readonly state: SendState; readonly reply?: string },
  at: Date,
): Promise<void> {
  const { state } = settled;
  if (state.kind === 'held' || state.kind === 'sending' || state.kind === 'stopped')
    throw new RangeError(`an attempt does not end ${state.kind}`);
  const isFinal = state.kind === 'accepted' || state.kind === 'failed';
  await tx
    .updateTable('mail')
    .set({
      state: state.kind,
      attempts: state.attempts,
      last_reply: settled.reply ?? null,
      changed_at: at,
      ...('unknowns' in state
        ? {
            unknowns: state.unknowns,
            due_at: sql<Date>`now() + ${waitBeforeNextAttemptMs(state)} * interval '1 ms'`,
          }
        : {}),
      ...(isFinal ? { sealed: null, recipient: null, due_at: null } : {}),
      ...(state.kind === 'accepted' ? { queue_id: state.queueId } : {}),
      ...(state.kind === 'failed' ? { reason: state.reason } : {}),
    })
    .where('notice', '=', notice)
    .execute();
  await tx.deleteFrom('mail_attempt').where('notice', '=', notice).execute();
}

/** What became of the mails of these notices. */
export async function mailStatusOf(
  db: NotifierDatabase,
  notices: readonly string[],
): Promise<MailStatus[]> {
  if (notices.length === 0) return [];
  const rows = await db
    .selectFrom('mail')
    .leftJoin('mail_attempt', 'mail_attempt.notice', 'mail.notice')
    .select(['mail.notice', 'person', 'kind', 'state', 'changed_at', 'mail_attempt.phase'])
    .where('mail.notice', 'in', notices)
    .orderBy('changed_at')
    .execute();
  return rows.map(({ notice, person, kind, state, changed_at: at, phase }) => ({
    notice,
    person,
    kind,
    state: phase === null ? state : 'sending',
    at: at.toISOString(),
  }));
}

/** How many mails stand in each state, and how long the longest due one has been due, in seconds. */
export async function countMails(
  db: NotifierDatabase,
): Promise<{ readonly states: Readonly<Record<string, number>>; readonly overdueSeconds: number }> {
  const rows = await db
    .selectFrom('mail')
    .select(({ fn }) => [
      'state',
      fn.countAll<number>().as('count'),
      sql<number>`coalesce(extract(epoch from max(now() - due_at)), 0)::float8`.as('due'),
    ])
    .groupBy('state')
    .execute();
  return {
    states: Object.fromEntries(rows.map(({ state, count }) => [state, count])),
    overdueSeconds: Math.max(0, ...rows.map(({ due }) => due)),
  };
}
