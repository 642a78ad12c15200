import type { PoolClient } from 'pg';
import type { Category, ConsentForm, Purpose } from '#libs/contracts/purposes.js';
import { listed } from '#libs/postgres/listed.js';
import type { LinesAsked } from '../domain/lines-asked.js';
import type { Scope } from '../domain/scope.js';

/** In ms, as the decision reads them: the driver's parsing of three dates a line took longer than judging. 'infinity' is no number to it, and unreadable. */
const ms = (column: string): string => `round(date_part('epoch', ${column}) * 1000)`;
/** As JSON, which the driver reads several times faster than an array; what is no category is kept as it is, and unreadable. */
const scopesSql = `select client, from_agency as "from", to_agency as "to", purpose, decision, to_json(excluded) as excluded,
  ${ms('valid_from')} as "validFromMs", ${ms('valid_until')} as "validUntilMs", ${ms('decided_at')} as "decidedAtMs",
  consent_id as "consentId", form from scope where client = any(string_to_array($1, ',')::uuid[])`;
/** A record of the problem (DPA1) is asked for whoever gave it. */
const askedScopesSql = `${scopesSql} and ((from_agency = any($2::text[]) and purpose = any($3::text[])) or purpose = 'record-on-lms')`;

/** The clients' lines, as far as the batch can ask about them; all of them where it may ask about any. */
export async function readScopes(db: PoolClient, clients: readonly string[], asked: LinesAsked | undefined): Promise<Scope[]> {
  const query =
    asked === undefined
      ? { name: 'read-scopes', text: scopesSql, values: [listed(clients)] }
      : { name: 'read-asked-scopes', text: askedScopesSql, values: [listed(clients), asked.from, asked.purposes] };
  return (await db.query<Scope>(query)).rows;
}

/** A line as its row has it. */
export interface ScopeRow {
  readonly client: string;
  readonly from_agency: string;
  readonly to_agency: string;
  readonly purpose: string;
  readonly decision: string;
  readonly excluded: string[];
  readonly valid_from: Date;
  readonly valid_until: Date;
  readonly decided_at: Date;
  readonly consent_id: string;
  readonly form: string;
}

export const toScope = (row: ScopeRow): Scope => ({
  client: row.client,
  from: row.from_agency,
  to: row.to_agency,
  purpose: row.purpose as Purpose,
  decision: row.decision as Scope['decision'],
  excluded: row.excluded as Category[],
  validFromMs: row.valid_from.getTime(),
  validUntilMs: row.valid_until.getTime(),
  decidedAtMs: row.decided_at.getTime(),
  consentId: row.consent_id,
  form: row.form as ConsentForm,
});
