import type { PoolClient } from 'pg';

const holdersSql = `select virtualtransaction as holder from pg_locks where locktype = 'relation' and relation = 'record'::regclass
  and mode = 'RowExclusiveLock' and granted and database = (select oid from pg_database where datname = current_database())`;

/**
 * How far the sequence of records is settled. Numbers are given before transactions commit, and commit in another order: a gap may still be
 * filled, or never. But whoever writes records holds a lock on the table from before it is given a number until its rows are visible. So once
 * every holder that was seen after the sequence stood at n is gone, what is visible up to n is all there will ever be.
 */
export class SealHorizon {
  private pending: { readonly through: number; readonly holders: readonly string[] } | undefined;

  /** @returns a sequence number; 0 where nothing new is settled. Rows are to be read by a statement after this one. */
  async settledThrough(db: PoolClient): Promise<number> {
    const { rows } = await db.query<{ through: number }>(
      'select case when is_called then last_value else 0 end as through from record_seq_seq',
    );
    const through = rows[0]?.through ?? 0;
    const holders = (await db.query<{ holder: string }>(holdersSql)).rows.map((row) => row.holder);
    const { pending } = this;
    if (holders.length === 0) {
      this.pending = undefined;
      return through;
    }
    if (pending?.holders.some((holder) => holders.includes(holder)) === true) return 0;
    this.pending = { through, holders };
    return pending?.through ?? 0;
  }
}
