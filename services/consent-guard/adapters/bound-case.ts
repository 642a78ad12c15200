import type { Pool } from 'pg';
import { MeshError } from '#libs/contracts/mesh-error.js';

/** A case as it is bound to the agency of the party that asks. */
export interface BoundCase {
  readonly client: string;
  /** The asker's agency, and the kind of the asking party. */
  readonly agency: string;
  readonly kind: string;
  /** The asking party's own. */
  readonly reference: string | undefined;
  readonly shortReference: string | undefined;
}

/** @throws MeshError `case-not-yours` alike for a case that is unknown and one of others. */
export async function boundCase(pool: Pool, party: string, caseId: string): Promise<BoundCase> {
  const { rows } = await pool.query<{
    client: string;
    agency: string;
    kind: string;
    reference: string | null;
    short_reference: string | null;
  }>(
    `select c.client, a.agency, p.kind, r.reference, c.short_reference from case_agency a join client_case c on c.id = a.case_id
     join party p on p.agency = a.agency left join case_reference r on r.case_id = c.id and r.party = p.id
     where a.case_id = $1 and p.id = $2`,
    [caseId, party],
  );
  const [row] = rows;
  if (row === undefined)
    throw new MeshError('case-not-yours', 'the case is not bound to your agency');
  const { short_reference: shortReference, ...bound } = row;
  return {
    ...bound,
    reference: row.reference ?? undefined,
    shortReference: shortReference ?? undefined,
  };
}

/**
 * Was the consent of that id taken by a party of the agency? What the client decided elsewhere is not told by what an agency records about
 * it: neither that it was superseded, nor that it was there to be withdrawn.
 */
export const isTakenBy = (consent: string, agency: string): string =>
  `exists (select 1 from consent own join party taker on taker.id = own.taker where own.id = ${consent} and taker.agency = ${agency})`;
