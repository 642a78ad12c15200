import type { PoolClient } from 'pg';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { type CopyValue, copyRows } from '#libs/postgres/copy-rows.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { Verdict } from '#libs/contracts/verdict.js';
import type { GuardRecord } from '../domain/guard-record.js';

/** A record as it is to be written: with its commitment to the message. */
export interface RecordToWrite {
  readonly record: GuardRecord;
  /** Both in hex. */
  readonly salt: string;
  readonly commitment: string;
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

const columns =
  'seq id ordinal name sender sender_kind sender_agency addressed_to recipient recipient_kind recipient_agency case_id client actor time facts cause consents inner_reason verdict reason field detail digest salt commitment recorded_at'.split(
    ' ',
  );

/** The lock is what `SealHorizon` rests on: it is held from before a number is given until the rows are visible. */
const numbersSql = (count: number): string =>
  `lock table record in row exclusive mode; select array_agg(nextval('record_seq_seq')) as numbers from generate_series(1, ${count})`;

/** Writes records in order, within a transaction. @returns the sequence of each, by `id/ordinal`. */
export async function insertRecords(
  client: PoolClient,
  writes: readonly RecordToWrite[],
  recordedAt: Date,
): Promise<ReadonlyMap<string, number>> {
  if (writes.length === 0) return new Map();
  const results = (await client.query(numbersSql(writes.length))) as unknown as { rows: { numbers: string[] }[] }[];
  const numbers = (results.at(-1)?.rows[0]?.numbers ?? []).map(Number);
  const at = recordedAt.toISOString();
  await copyRows(
    client,
    { table: 'record', columns },
    writes.map((write, index) => toRow(write, numbers[index], at)),
  );
  return new Map(writes.map(({ record }, index) => [`${record.id}/${record.ordinal}`, numbers[index] ?? 0]));
}

/** In the order of `columns`. */
function toRow({ record, salt, commitment }: RecordToWrite, seq: number | undefined, recordedAt: string): CopyValue[] {
  const { verdict } = record;
  return [
    seq,
    record.id,
    record.ordinal,
    record.name,
    record.sender,
    record.senderKind,
    record.senderAgency,
    record.to,
    record.recipient,
    record.recipientKind,
    record.recipientAgency,
    record.caseId,
    record.client,
    record.actor,
    record.time,
    JSON.stringify(record.facts),
    record.cause,
    `{${record.consents.join(',')}}`,
    record.inner,
    verdict.kind,
    reasonOf(verdict),
    verdict.kind === 'refused' ? verdict.field : undefined,
    verdict.kind === 'refused' ? verdict.detail : undefined,
    { hex: record.digest },
    { hex: salt },
    { hex: commitment },
    recordedAt,
  ];
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
