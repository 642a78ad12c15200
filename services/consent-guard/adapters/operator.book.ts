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

  /**
   * Local sharing agreements, and the pairs of agencies between which messages have passed and are still on record. It reads all records,
   * as `counts` does.
   */
  async agreements(): Promise<Record<string, unknown>> {
    const agreements = await this.pool.query<{ body: object; one: string; other: string }>(
      `select a.body, one.agency as one, other.agency as other from agreement a
        join party one on one.id = a.body->'offices'->>0 join party other on other.id = a.body->'offices'->>1
        order by a.one, a.other`,
    );
    const exchanged = await this.pool.query<{ one: string; other: string }>(
      `select distinct least(sender_agency, recipient_agency) as one, greatest(sender_agency, recipient_agency) as other from record
        where verdict in ('cleared', 'cleared-in-part') and sender_kind not in ('service', 'guard') and recipient_kind <> 'service' and recipient_agency <> sender_agency
        order by 1, 2`,
    );
    return {
      agreements: agreements.rows.map(({ body, one, other }) => ({
        ...body,
        agencies: [one, other],
      })),
      exchanged: exchanged.rows.map(({ one, other }) => [one, other]),
    };
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
