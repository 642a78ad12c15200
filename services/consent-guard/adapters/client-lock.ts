import type { Pool, PoolClient } from 'pg';

/**
 * Every lock of one batch in one statement and one order, whichever of the two kinds it is: one kind after the other, two batches that each
 * record a decision of a client about whom the other brings a message wait for each other until PostgreSQL ends one of them.
 */
const lockBatchSql = `select count(pg_advisory_lock(k)) filter (where is_alone), count(pg_advisory_lock_shared(k)) filter (where not is_alone)
  from (select hashtextextended(c, 7) as k, bool_or(is_alone) as is_alone from (
      select c, false as is_alone from unnest(string_to_array($1, ',')) c union all select c, true from unnest(string_to_array($2, ',')) c
    ) each group by 1 order by 1) keys`;

/**
 * Takes a session's lock on each client of a batch, until `unlockClients`: shared, or exclusive for those who are to be worked `alone`.
 *
 * @param all ids of clients; those in `alone` may be in it or not
 */
export async function lockClients(db: PoolClient, all: Iterable<string>, alone: Iterable<string>): Promise<void> {
  const values = [all, alone].map((ids) => [...ids].join(','));
  await db.query({ name: 'lock-clients', text: lockBatchSql, values });
}

export async function unlockClients(db: PoolClient): Promise<void> {
  await db.query('select pg_advisory_unlock_all()');
}

/**
 * Works under a client's exclusive lock, the one that a batch with a decision of theirs holds: waits until no batch has a message about them in
 * hand. A session's lock, as the work may commit more than once; let go with its connection where the work fails.
 */
export async function underClientLock(pool: Pool, client: string, work: (db: PoolClient) => Promise<void>): Promise<void> {
  const db = await pool.connect();
  try {
    await lockClients(db, [], [client]);
    await work(db);
    await unlockClients(db);
    db.release();
  } catch (error) {
    db.release(true);
    throw error;
  }
}
