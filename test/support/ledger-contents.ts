import type { Pool } from 'pg';

/** A client with one case, which the job centre knows under a reference of its own. */
export async function bindClient(pool: Pool, client: string, caseId: string): Promise<void> {
  await pool.query(
    `insert into client (id, nino, date_of_birth, surname, key_version) values ($1::uuid, $1::text, 'd', 's', 1)`,
    [client],
  );
  await pool.query('insert into client_case (id, client) values ($1, $2)', [caseId, client]);
  await pool.query(
    `insert into case_agency (case_id, agency, reference) values ($1, 'jcp', 'our 17')`,
    [caseId],
  );
}

interface KeptConsent {
  readonly client: string;
  readonly id: string;
  readonly at: Date;
  readonly until: Date;
}

/** A consent with its line, its scope, and a withdrawal of it. */
export async function keepConsent(
  pool: Pool,
  { client, id, at, until }: KeptConsent,
): Promise<void> {
  await pool.query(
    `insert into consent (id, client, taker, form, decision, body, recorded_at) values ($1, $2, 't', 'tpr1', 'given', 'sealed', $3)`,
    [id, client, at],
  );
  const line = [id, client, at];
  await pool.query(
    `insert into consent_line values ($1, $2, 'jcp', 'river', 'referral', 'given', 'stands', null, $3)`,
    line,
  );
  await pool.query(
    `insert into withdrawal values ($1, $2, 'jcp', 'tpr1', '{}', 'in-person', 'p_jcp', $3, $3)`,
    line,
  );
  await pool.query(
    `insert into scope values ($1, 'jcp', 'river', 'referral', 'given', '{}', $2, $3, $2, $4, 'tpr1')`,
    [client, at, until, id],
  );
}

const tables = [
  'client',
  'client_case',
  'case_agency',
  'consent',
  'scope',
  'consent_line',
  'withdrawal',
  'record',
  'delivery',
  'held',
  'dead_letter',
  'client_key',
  'leaf',
];

/** Everything in the guard's database that is not the tree, the directory or the schema, as text. */
export async function allRows(pool: Pool): Promise<string> {
  const dumps = await Promise.all(
    tables.map((table) => pool.query(`select t::text from ${table} t`)),
  );
  return dumps.flatMap(({ rows }) => rows.map((row: { t: string }) => row.t)).join('\n');
}
