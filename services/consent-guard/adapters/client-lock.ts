import type { Pool, PoolClient } from 'pg';

/**
 * Works under a client's exclusive lock, the one that a batch with a message about them holds (`WorldLoader`): waits until no batch has one
 * in hand. A session's lock, as the work may commit more than once; let go with its connection where the work fails.
 */
export async function underClientLock(pool: Pool, client: string, work: (db: PoolClient) => Promise<void>): Promise<void> {
  const db = await pool.connect();
  try {
    await db.query('select pg_advisory_lock(hashtextextended($1, 7))', [client]);
    await work(db);
    await db.query('select pg_advisory_unlock_all()');
    db.release();
  } catch (error) {
    db.release(true);
    throw error;
  }
}
