import type { Pool, PoolClient } from 'pg';
import { listed } from '#libs/postgres/listed.js';

const keysOf = (parameter: string): string =>
  `select hashtextextended(c, 7) as k from unnest(string_to_array(${parameter}, ',')) c`;

/**
 * Every lock of one batch in one statement and one order, whichever of the two kinds it is: one kind after the other, two batches that each
 * record a decision of a client about whom the other brings a message wait for each other until PostgreSQL ends one of them.
 */
const lockBothSql = `select count(pg_advisory_lock(k)) filter (where is_alone), count(pg_advisory_lock_shared(k)) filter (where not is_alone)
  from (select k, false as is_alone from (${keysOf('$1')}) s union all select k, true from (${keysOf('$2')}) a order by 1) keys`;
/** The same order, where nobody is to be alone: most batches. */
const lockSharedSql = `select count(pg_advisory_lock_shared(k)) from (${keysOf('$1')} order by 1) keys`;

/**
 * Takes a session's lock on each client of a batch, until `unlockClients`: shared, or exclusive for those who are to be worked `alone`.
 *
 * @param all ids of clients; those in `alone` may be in it or not
 */
export async function lockClients(
  db: PoolClient,
  all: ReadonlySet<string>,
  alone: ReadonlySet<string>,
): Promise<void> {
  if (alone.size === 0) {
    await db.query({ name: 'lock-clients', text: lockSharedSql, values: [listed(all)] });
    return;
  }
  const together = new Set(all);
  for (const id of alone) together.delete(id);
  await db.query({
    name: 'lock-clients-alone',
    text: lockBothSql,
    values: [listed(together), listed(alone)],
  });
}

export async function unlockClients(db: PoolClient): Promise<void> {
  await db.query('select pg_advisory_unlock_all()');
}

/**
 * Works under a client's exclusive lock, the one that a batch with a decision of theirs holds: waits until no batch has a message about them in
 * hand. A session's lock, as the work may commit more than once; let go with its connection where the work fails.
 */
export async function underClientLock(
  pool: Pool,
  client: string,
  work: (db: PoolClient) => Promise<void>,
): Promise<void> {
  const db = await pool.connect();
  try {
    await lockClients(db, new Set(), new Set([client]));
    await work(db);
    await unlockClients(db);
    db.release();
  } catch (error) {
    db.release(true);
    throw error;
  }
}
