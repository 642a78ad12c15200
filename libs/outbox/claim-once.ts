import { sql } from 'kysely';
import type { QueryExecutorProvider } from 'kysely';

/**
 * Records in the caller's transaction that a message was taken in. Two transactions with the same id: the second waits for the first.
 * @returns false when it was taken in before, and nothing more is to be done for it.
 */
export async function claimOnce(tx: QueryExecutorProvider, id: string): Promise<boolean> {
  const result =
    await sql`insert into seen_message (id) values (${id}) on conflict (id) do nothing`.execute(tx);
  return result.numAffectedRows === 1n;
}

/** Forgets what was seen more than `days` ago. Keep them longer than a message may come again. */
export async function forgetSeen(tx: QueryExecutorProvider, days: number): Promise<void> {
  await sql`delete from seen_message where seen_at < now() - make_interval(days => ${days})`.execute(
    tx,
  );
}
