import { sql } from 'kysely';
import { type SendState, nextSendState } from '../domain/send-ledger.js';
import type { NotifierTransaction } from './notifier-database.js';

export interface StoppedMail {
  readonly notice: string;
  readonly person: string;
  /** A relay once had the whole mail and its answer was lost. */
  readonly mayHaveLeft: boolean;
}

/**
 * Waits until nobody else takes in or stops one of these notices, for the length of the transaction: a notice that finds no stop and a
 * stop that finds no mail would pass each other.
 */
export async function lockNotices(
  tx: NotifierTransaction,
  notices: readonly string[],
): Promise<void> {
  for (const notice of notices.toSorted())
    await sql`select pg_advisory_xact_lock(hashtextextended(${`notice:${notice}`}, 0))`.execute(tx);
}

/** Whether a stop came before the notice itself. */
export async function isStopped(tx: NotifierTransaction, notice: string): Promise<boolean> {
  return (
    (await tx
      .selectFrom('stopped_notice')
      .select('notice')
      .where('notice', '=', notice)
      .executeTakeFirst()) !== undefined
  );
}

/**
 * Stops what has not been handed over of these notices' mails, and remembers those that have not been taken in yet. A mail that is at a
 * relay this moment is waited for: it ends there, or is stopped then.
 */
export async function stopMails(
  tx: NotifierTransaction,
  notices: readonly string[],
  at: Date,
): Promise<readonly StoppedMail[]> {
  await lockNotices(tx, notices);
  const mails = await tx
    .selectFrom('mail')
    .select(['notice', 'person', 'state', 'attempts', 'unknowns'])
    .where('notice', 'in', notices)
    .orderBy('notice')
    .forNoKeyUpdate()
    .execute();
  const known = new Set(mails.map(({ notice }) => notice));
  const unknown = notices.filter((notice) => !known.has(notice)).map((notice) => ({ notice }));
  if (unknown.length > 0)
    await tx
      .insertInto('stopped_notice')
      .values(unknown)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  // Asked after the lock on its mail: an attempt that is still open then has lost its worker.
  const open = await tx
    .selectFrom('mail_attempt')
    .select(['notice', 'phase'])
    .where('notice', 'in', notices)
    .execute();
  const stopped: StoppedMail[] = [];
  for (const { notice, person, state, attempts, unknowns } of mails) {
    const phase = open.find((attempt) => attempt.notice === notice)?.phase;
    if (state !== 'held' && state !== 'prepared' && state !== 'unknown') continue;
    const now: SendState =
      state === 'held'
        ? { kind: 'held', reason: 'no-key' }
        : phase === undefined
          ? { kind: state, attempts, unknowns }
          : { kind: 'sending', attempts: attempts + 1, unknowns, phase };
    const next = nextSendState(now, { kind: 'withdrawn' });
    if (next?.kind !== 'stopped') continue;
    await writeStopped(tx, notice, next.mayHaveLeft, at);
    stopped.push({ notice, person, mayHaveLeft: next.mayHaveLeft });
  }
  return stopped;
}

async function writeStopped(
  tx: NotifierTransaction,
  notice: string,
  mayHaveLeft: boolean,
  at: Date,
): Promise<void> {
  const reason = mayHaveLeft ? ('may-have-left' as const) : null;
  const nothingKept = { sealed: null, recipient: null, due_at: null, held_notice: null };
  await tx
    .updateTable('mail')
    .set({ ...nothingKept, state: 'stopped', reason, changed_at: at })
    .where('notice', '=', notice)
    .execute();
  await tx.deleteFrom('mail_attempt').where('notice', '=', notice).execute();
}
