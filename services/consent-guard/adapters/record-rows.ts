import type { PoolClient } from 'pg';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { Verdict } from '#libs/contracts/verdict.js';
import type { GuardRecord } from '../domain/guard-record.js';

/** A record as it is to be written: with its commitment to the message. */
export interface RecordToWrite {
  readonly record: GuardRecord;
  readonly salt: Buffer;
  readonly commitment: Buffer;
}

/** A record as it stands in the database. */
export interface StoredRecord extends GuardRecord {
  readonly seq: number;
  readonly recordedAt: Date;
}

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly ordinal: number;
  readonly name: string;
  readonly sender: string;
  readonly sender_kind: string;
  readonly sender_agency: string;
  readonly addressed_to: string;
  readonly recipient: string | null;
  readonly recipient_kind: string | null;
  readonly recipient_agency: string | null;
  readonly case_id: string | null;
  readonly client: string | null;
  readonly actor: string | null;
  readonly time: Date;
  readonly facts: Record<string, FactValue>;
  readonly cause: string | null;
  readonly consents: string[];
  readonly inner_reason: string | null;
  readonly verdict: string;
  readonly reason: string | null;
  readonly field: string | null;
  readonly detail: string | null;
  readonly digest: Buffer | null;
  readonly recorded_at: Date;
}

/** Sent as one text of JSON: encoding two dozen arrays took the driver longer. The type of each column is the table's. */
const insertSql = `insert into record (id, ordinal, name, sender, sender_kind, sender_agency, addressed_to, recipient, recipient_kind,
  recipient_agency, case_id, client, actor, time, facts, cause, consents, inner_reason, verdict, reason, field, detail, digest, salt, commitment, recorded_at)
select id, ordinal, name, sender, sender_kind, sender_agency, addressed_to, recipient, recipient_kind, recipient_agency, case_id, client, actor, time,
  facts, cause, consents, inner_reason, verdict, reason, field, detail, digest, salt, commitment, $2
from json_to_recordset($1::json) as r (n int, id uuid, ordinal smallint, name text, sender text, sender_kind text, sender_agency text, addressed_to text,
  recipient text, recipient_kind text, recipient_agency text, case_id uuid, client uuid, actor text, time timestamptz, facts jsonb, cause uuid,
  consents uuid[], inner_reason text, verdict text, reason text, field text, detail text, digest bytea, salt bytea, commitment bytea)
order by n returning seq, id, ordinal`;

/** Writes records in order. @returns the sequence of each, by `id/ordinal`. */
export async function insertRecords(
  client: PoolClient,
  writes: readonly RecordToWrite[],
  recordedAt: Date,
): Promise<ReadonlyMap<string, number>> {
  if (writes.length === 0) return new Map();
  const { rows } = await client.query<{ seq: number; id: string; ordinal: number }>({
    name: 'insert-records',
    text: insertSql,
    values: [JSON.stringify(writes.map(toRow)), recordedAt],
  });
  return new Map(rows.map((row) => [`${row.id}/${row.ordinal}`, row.seq]));
}

/** Bytes as PostgreSQL writes them; what is undefined is left out, and so null. */
function toRow({ record, salt, commitment }: RecordToWrite, n: number): object {
  const { verdict } = record;
  return {
    n,
    id: record.id,
    ordinal: record.ordinal,
    name: record.name,
    sender: record.sender,
    sender_kind: record.senderKind,
    sender_agency: record.senderAgency,
    addressed_to: record.to,
    recipient: record.recipient,
    recipient_kind: record.recipientKind,
    recipient_agency: record.recipientAgency,
    case_id: record.caseId,
    client: record.client,
    actor: record.actor,
    time: record.time,
    facts: record.facts,
    cause: record.cause,
    consents: record.consents,
    inner_reason: record.inner,
    verdict: verdict.kind,
    reason: reasonOf(verdict),
    field: verdict.kind === 'refused' ? verdict.field : undefined,
    detail: verdict.kind === 'refused' ? verdict.detail : undefined,
    digest: `\\x${record.digest}`,
    salt: `\\x${salt.toString('hex')}`,
    commitment: `\\x${commitment.toString('hex')}`,
  };
}

export const reasonOf = (verdict: Verdict): string | undefined =>
  verdict.kind === 'refused' || verdict.kind === 'stopped' ? verdict.reason : undefined;

export function toStoredRecord(row: Row): StoredRecord {
  return {
    seq: row.seq,
    id: row.id,
    ordinal: row.ordinal,
    name: row.name as MessageName,
    sender: row.sender,
    senderKind: row.sender_kind as PartyKind,
    senderAgency: row.sender_agency,
    to: row.addressed_to,
    recipient: row.recipient ?? undefined,
    recipientKind: (row.recipient_kind as PartyKind | null) ?? undefined,
    recipientAgency: row.recipient_agency ?? undefined,
    caseId: row.case_id ?? undefined,
    client: row.client ?? undefined,
    actor: row.actor ?? undefined,
    time: row.time.toISOString(),
    facts: row.facts,
    cause: row.cause ?? undefined,
    consents: row.consents,
    inner: row.inner_reason ?? undefined,
    verdict: verdictOf(row),
    digest: row.digest?.toString('hex') ?? '',
    recordedAt: row.recorded_at,
  };
}

function verdictOf(row: Row): Verdict {
  const kind = row.verdict as Verdict['kind'];
  if (kind !== 'refused' && kind !== 'stopped') return { kind };
  const optional = { ...(row.field === null ? {} : { field: row.field }), ...(row.detail === null ? {} : { detail: row.detail }) };
  return { kind, reason: row.reason, ...(kind === 'refused' ? optional : {}) } as Verdict;
}

export type RecordRow = Row;
