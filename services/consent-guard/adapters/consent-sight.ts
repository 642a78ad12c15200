import type { Pool } from 'pg';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { Category } from '#libs/contracts/purposes.js';
import type { Sight } from '../domain/line-seen.js';

const passedSql = `select distinct on (r.id) r.name, r.sender_agency, r.recipient_agency, r.consents, r.verdict, d.told from record r
  left join delivery d on d.id = r.id and d.recipient = r.recipient
  where r.client = $1 and r.sender_kind <> 'service' and r.recipient_agency <> r.sender_agency and $2 in (r.sender_agency, r.recipient_agency)
  order by r.id, r.ordinal desc`;

/** What was cleared between an agency and others about a client, by the newest record of each message. */
export async function readSight(
  pool: Pool,
  { client, agency }: { readonly client: string; readonly agency: string },
): Promise<Sight> {
  const { rows } = await pool.query<{
    name: string;
    sender_agency: string;
    recipient_agency: string;
    consents: string[];
    verdict: string;
    told: string[] | null;
  }>(passedSql, [client, agency]);
  const cleared = rows.filter(({ verdict }) => verdict.startsWith('cleared'));
  return {
    agency,
    passed: cleared.map((row) => ({
      name: row.name as MessageName,
      from: row.sender_agency,
      to: row.recipient_agency,
      consents: row.consents,
      told: (row.told ?? []) as Category[],
    })),
  };
}
