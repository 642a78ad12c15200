import type { Pool, PoolClient } from 'pg';

/**
 * Shared by every commit, so that the version of the key it was made under cannot change meanwhile; exclusive for who moves it forward.
 * Until the end of the transaction.
 */
export const keyFenceSql = (isExclusive: boolean): string =>
  `select pg_advisory_xact_lock${isExclusive ? '' : '_shared'}(hashtextextended('throughcare:guard-key', 0))`;

/** @throws what the work throws, after the rollback */
export async function inTransaction<T>(
  pool: Pool,
  work: (db: PoolClient) => Promise<T>,
): Promise<T> {
  const db = await pool.connect();
  try {
    await db.query('begin');
    const result = await work(db);
    await db.query('commit');
    db.release();
    return result;
  } catch (error) {
    db.release(true);
    throw error;
  }
}
