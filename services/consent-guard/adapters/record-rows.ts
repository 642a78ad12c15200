import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { type CopyValue, copyRows } from '#libs/postgres/copy-rows.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { Verdict } from '#libs/contracts/verdict.js';
import { type GuardRecord, isCleared, reasonOf } from '../domain/guard-record.js';
import { clientKeys } from './client-keys.js';
import { entryOf, entryRandomBytes, entrySalts, timeOf } from './record-entry.js';

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
  'seq id ordinal name sender sender_kind sender_agency addressed_to recipient recipient_kind recipient_agency case_id client actor time facts cause consents inner_reason verdict reason field detail digest salt row_salt entry is_disclosure recorded_at'.split(
    ' ',
  );

/** The lock is what `SealHorizon` rests on: it is held from before a number is given until the rows are visible. */
const numbersSql = (count: number): string =>
  `lock table record in row exclusive mode; select string_agg(nextval('record_seq_seq')::text, ',') as numbers from generate_series(1, ${count})`;

/**
 * Writes records in order, each with its entry of the evidence, within a transaction that holds the locks of the clients concerned.
 *
 * @returns the sequence of each, by `id/ordinal`.
 */
export async function insertRecords(
  db: PoolClient,
  records: readonly GuardRecord[],
  recordedAt: Date,
): Promise<ReadonlyMap<string, number>> {
  if (records.length === 0) return new Map();
  const results = (await db.query(numbersSql(records.length))) as unknown as {
    rows: { numbers: string }[];
  }[];
  const numbers = results.at(-1)?.rows[0]?.numbers.split(',') ?? [];
  const rows = toRows(records, {
    numbers,
    keys: await clientKeys(db, clientsOf(records)),
    at: recordedAt.toISOString(),
  });
  await copyRows(db, { table: 'record', columns }, rows);
  const later = laterOf(records);
  if (later.length > 0) await db.query(disclosuresSql, [later]);
  return numbersOf(records, numbers);
}

/** A message that waited and then went out is kept as what went out; so is the end of one that went out. */
const disclosuresSql = `update record r set is_disclosure = true where id = any($1::uuid[]) and not is_disclosure
  and exists (select 1 from record d where d.id = r.id and d.verdict in ('cleared', 'cleared-in-part'))`;

function clientsOf(records: readonly GuardRecord[]): Set<string> {
  const clients = new Set<string>();
  for (const { client } of records) if (client !== undefined) clients.add(client);
  return clients;
}

/** Ids of messages of which there was a record before. */
function laterOf(records: readonly GuardRecord[]): string[] {
  const ids: string[] = [];
  for (const { id, ordinal } of records) if (ordinal > 0) ids.push(id);
  return ids;
}

function numbersOf(
  records: readonly GuardRecord[],
  numbers: readonly string[],
): Map<string, number> {
  const found = new Map<string, number>();
  for (const [index, { id, ordinal }] of records.entries())
    found.set(`${id}/${ordinal}`, Number(numbers[index]));
  return found;
}

/** Of a record that was written with those. */
export const seqOf = (
  { id, ordinal }: Pick<GuardRecord, 'id' | 'ordinal'>,
  seqs: ReadonlyMap<string, number>,
): number | undefined => seqs.get(`${id}/${ordinal}`);

interface RowGrounds {
  readonly numbers: readonly string[];
  readonly keys: ReadonlyMap<string, string>;
  readonly at: string;
}

function toRows(records: readonly GuardRecord[], { numbers, keys, at }: RowGrounds): CopyValue[][] {
  const random = randomBytes(records.length * entryRandomBytes).toString('hex');
  const rows: CopyValue[][] = [];
  for (const [index, record] of records.entries()) {
    const own = random.slice(index * entryRandomBytes * 2, (index + 1) * entryRandomBytes * 2);
    const clientKey = record.client === undefined ? undefined : keys.get(record.client);
    rows.push(toRow(record, { seq: numbers[index], random: own, at, clientKey }));
  }
  return rows;
}

interface RowParts {
  readonly seq: string | undefined;
  readonly random: string;
  readonly at: string;
  readonly clientKey: string | undefined;
}

/** In the order of `columns`. */
function toRow(record: GuardRecord, { seq, random, at, clientKey }: RowParts): CopyValue[] {
  const { verdict } = record;
  const salts = entrySalts(random);
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
    timeOf(record),
    JSON.stringify(record.facts),
    record.cause,
    `{${record.consents.join(',')}}`,
    record.inner,
    verdict.kind,
    reasonOf(verdict),
    verdict.kind === 'refused' ? verdict.field : undefined,
    verdict.kind === 'refused' ? verdict.detail : undefined,
    { hex: record.digest },
    { hex: salts.message },
    { hex: salts.row },
    entryOf(record, random, { recordedAt: at, clientKey }),
    isCleared(record),
    at,
  ];
}

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
  const optional = {
    ...(row.field === null ? {} : { field: row.field }),
    ...(row.detail === null ? {} : { detail: row.detail }),
  };
  return { kind, reason: row.reason, ...(kind === 'refused' ? optional : {}) } as Verdict;
}

export type RecordRow = Row;
