import type { Pool } from 'pg';

/** What the operator may see: the directory, counts, and dead letters by reason. No case, no client, no content. */
export class OperatorBook {
  constructor(private readonly pool: Pool) {}

  async counts(): Promise<Record<string, unknown>> {
    const { rows } = await this.pool.query<{
      party: string;
      type: string;
      verdict: string;
      reason: string | null;
      count: number;
    }>(
      'select sender as party, name as type, verdict, reason, count(*)::int as count from record group by 1, 2, 3, 4 order by 1, 2, 3, 4',
    );
    const conflicts = await this.pool.query<{ count: number }>(
      'select count(*)::int as count from (select from client where nino is not null group by nino having count(*) > 1) doubles',
    );
    return {
      counts: rows.map(({ reason, ...row }) => ({
        ...row,
        ...(reason === null ? {} : { reason }),
      })),
      ninoConflicts: conflicts.rows[0]?.count ?? 0,
    };
  }

  async deadLetters(): Promise<Record<string, unknown>> {
    const { rows } = await this.pool.query<{
      id: string;
      party: string;
      message: string | null;
      code: string;
      field: string | null;
      detail: string;
      at: Date;
      redriven_at: Date | null;
    }>(
      'select id, party, message, code, field, detail, at, redriven_at from dead_letter order by at desc limit 500',
    );
    const deadLetters = rows.map((row) => ({
      deadLetter: row.id,
      party: row.party,
      code: row.code,
      detail: row.detail,
      at: row.at.toISOString(),
      redriven: row.redriven_at !== null,
      ...(row.message === null ? {} : { message: row.message }),
      ...(row.field === null ? {} : { field: row.field }),
    }));
    return { deadLetters };
  }

  async directory(): Promise<Record<string, unknown>> {
    const parties = await this.pool.query<{ body: object }>('select body from party order by id');
    const people = await this.pool.query<{ body: object }>('select body from person order by id');
    return {
      parties: parties.rows.map((row) => row.body),
      people: people.rows.map((row) => row.body),
    };
  }
}
