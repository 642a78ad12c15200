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
  readonly digest: Buffer;
  readonly recorded_at: Date;
}

const insertSql = `insert into record (id, ordinal, name, sender, sender_kind, sender_agency, addressed_to, recipient, recipient_kind,
  recipient_agency, case_id, client, actor, time, facts, cause, consents, inner_reason, verdict, reason, field, detail, digest, salt, commitment, recorded_at)
select id, ordinal, name, sender, sender_kind, sender_agency, addressed_to, recipient, recipient_kind, recipient_agency, case_id, client, actor, time,
  facts, cause, consents::uuid[], inner_reason, verdict, reason, field, detail, digest, salt, commitment, $26
from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
  $11::uuid[], $12::uuid[], $13::text[], $14::timestamptz[], $15::jsonb[], $16::uuid[], $17::text[], $18::text[], $19::text[], $20::text[],
  $21::text[], $22::text[], $23::bytea[], $24::bytea[], $25::bytea[]) with ordinality
  as r (id, ordinal, name, sender, sender_kind, sender_agency, addressed_to, recipient, recipient_kind, recipient_agency, case_id, client, actor,
    time, facts, cause, consents, inner_reason, verdict, reason, field, detail, digest, salt, commitment, n)
order by n returning seq, id, ordinal`;

/** Writes records in order. @returns the sequence of each, by `id/ordinal`. */
export async function insertRecords(
  client: PoolClient,
  writes: readonly RecordToWrite[],
  recordedAt: Date,
): Promise<ReadonlyMap<string, number>> {
  if (writes.length === 0) return new Map();
  const column = <T>(pick: (write: RecordToWrite) => T): T[] => writes.map(pick);
  const { rows } = await client.query<{ seq: number; id: string; ordinal: number }>({
    name: 'insert-records',
    text: insertSql,
    values: [
      column((w) => w.record.id),
      column((w) => w.record.ordinal),
      column((w) => w.record.name),
      column((w) => w.record.sender),
      column((w) => w.record.senderKind),
      column((w) => w.record.senderAgency),
      column((w) => w.record.to),
      column((w) => w.record.recipient ?? null),
      column((w) => w.record.recipientKind ?? null),
      column((w) => w.record.recipientAgency ?? null),
      column((w) => w.record.caseId ?? null),
      column((w) => w.record.client ?? null),
      column((w) => w.record.actor ?? null),
      column((w) => w.record.time),
      column((w) => JSON.stringify(w.record.facts)),
      column((w) => w.record.cause ?? null),
      column((w) => `{${w.record.consents.join(',')}}`),
      column((w) => w.record.inner ?? null),
      column((w) => w.record.verdict.kind),
      column((w) => reasonOf(w.record.verdict) ?? null),
      column((w) => (w.record.verdict.kind === 'refused' ? (w.record.verdict.field ?? null) : null)),
      column((w) => (w.record.verdict.kind === 'refused' ? (w.record.verdict.detail ?? null) : null)),
      column((w) => Buffer.from(w.record.digest, 'hex')),
      column((w) => w.salt),
      column((w) => w.commitment),
      recordedAt,
    ],
  });
  return new Map(rows.map((row) => [`${row.id}/${row.ordinal}`, row.seq]));
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
    digest: row.digest.toString('hex'),
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
