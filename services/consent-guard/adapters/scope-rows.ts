import type { PoolClient } from 'pg';
import type { Category, ConsentForm, Purpose } from '#libs/contracts/purposes.js';
import { listed } from '#libs/postgres/listed.js';
import { type CopiedRow, readCopied } from '#libs/postgres/read-copied.js';
import type { LinesAsked } from '../domain/lines-asked.js';
import type { Scope } from '../domain/scope.js';

/** In ms, as the decision reads them. 'infinity' is 'Infinity' then, which is no instant to it, and unreadable. */
const ms = (column: string): string => `round(date_part('epoch', ${column}) * 1000)`;
const scopesSql = `select client, from_agency, to_agency, purpose, decision, excluded, ${ms('valid_from')}, ${ms('valid_until')},
  ${ms('decided_at')}, consent_id, form from scope where client = any(string_to_array($1, ',')::uuid[])`;
/** A record of the problem (DPA1) is asked for whoever gave it. */
const askedScopesSql = `${scopesSql} and ((from_agency = any(string_to_array($2, ',')) and purpose = any(string_to_array($3, ',')))
  or purpose = 'record-on-lms')`;

/** The clients' lines, as far as the batch can ask about them; all of them where it may ask about any. */
export async function readScopes(
  db: PoolClient,
  clients: Iterable<string>,
  asked: LinesAsked | undefined,
): Promise<Scope[]> {
  const rows = await (asked === undefined
    ? readCopied(db, scopesSql, [listed(clients)])
    : readCopied(db, askedScopesSql, [
        listed(clients),
        listed(asked.from),
        listed(asked.purposes),
      ]));
  return rows.map(scopeOfCopied);
}

/** Every column is there, and none is null: what else comes is no line, and ends the batch. */
function scopeOfCopied(row: CopiedRow): Scope {
  const [
    client,
    from,
    to,
    purpose,
    decision,
    excluded,
    validFrom,
    validUntil,
    decidedAt,
    consentId,
    form,
  ] = row;
  if (row.length !== 11 || row.includes(null))
    throw new RangeError('a line of the ledger cannot be read');
  return {
    client: client ?? '',
    from: from ?? '',
    to: to ?? '',
    purpose: purpose as Purpose,
    decision: decision as Scope['decision'],
    excluded: categoriesIn(excluded ?? ''),
    validFromMs: Number(validFrom),
    validUntilMs: Number(validUntil),
    decidedAtMs: Number(decidedAt),
    consentId: consentId ?? '',
    form: form as ConsentForm,
  };
}

/** Of an array as PostgreSQL writes it. Categories need no quotes: whatever else stands there, or is nested, is none, and unreadable. */
function categoriesIn(array: string): readonly Category[] {
  if (array === '{}') return nothing;
  return (
    array.startsWith('{') && array.endsWith('}') ? array.slice(1, -1).split(',') : [array]
  ) as Category[];
}

const nothing: readonly Category[] = [];

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
