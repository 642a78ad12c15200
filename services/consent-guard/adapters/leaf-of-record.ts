import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import type { VerdictKind } from '#libs/contracts/verdict.js';
import { type EvidenceEntry, clientCommitment, encodeEntry, rowCommitment } from '#libs/evidence/evidence-entry.js';
import type { CopiedRow } from '#libs/postgres/read-copied.js';
import type { RecordRow } from './record-rows.js';

/** A record as the sealer reads it. */
export interface RowToSeal extends Omit<RecordRow, 'digest'> {
  /** In base64. */
  readonly commitment: string;
  readonly is_disclosure: boolean;
}

/** Of `record r`, in the order in which `rowToSeal` takes them; what else is asked for comes last. */
export const rowColumns = `r.seq, r.id, r.ordinal, r.name, r.sender, r.sender_kind, r.sender_agency, r.addressed_to, r.recipient, r.recipient_kind,
  r.recipient_agency, r.case_id, r.client, r.actor, r.time at time zone 'utc', r.facts, r.cause, r.consents, r.inner_reason, r.verdict, r.reason,
  r.field, r.detail, r.recorded_at at time zone 'utc', encode(r.commitment, 'base64')`;

/** From `rowColumns` and whether something of the message went out. @throws RangeError for what is no row of that kind */
export function rowToSeal(row: CopiedRow): RowToSeal {
  if (row.length !== 26) throw new RangeError('a record has other columns than are read');
  const text = (place: number): string => row[place] ?? '';
  const textOrNull = (place: number): string | null => row[place] ?? null;
  return {
    seq: Number(row[0]),
    id: text(1),
    ordinal: Number(row[2]),
    name: text(3),
    sender: text(4),
    sender_kind: text(5),
    sender_agency: text(6),
    addressed_to: text(7),
    recipient: textOrNull(8),
    recipient_kind: textOrNull(9),
    recipient_agency: textOrNull(10),
    case_id: textOrNull(11),
    client: textOrNull(12),
    actor: textOrNull(13),
    time: toDate(text(14)),
    facts: JSON.parse(text(15)) as RecordRow['facts'],
    cause: textOrNull(16),
    consents: text(17) === '{}' ? [] : text(17).slice(1, -1).split(','),
    inner_reason: textOrNull(18),
    verdict: text(19),
    reason: textOrNull(20),
    field: textOrNull(21),
    detail: textOrNull(22),
    recorded_at: toDate(text(23)),
    commitment: text(24),
    is_disclosure: row[25] === 't',
  };
}

/** From `2026-03-02 10:30:00.5`, without a zone, meant in UTC. */
function toDate(text: string): Date {
  const date = new Date(`${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(date.getTime())) throw new RangeError('a record has a time that cannot be read');
  return date;
}

export interface Leaf {
  readonly entry: Buffer;
  readonly rowSalt: Buffer;
}

const rowSaltBytes = 16;
/** For the row's salt, and for a key of the moment. */
export const leafRandomBytes = rowSaltBytes + 32;

/**
 * @param random of its own, `leafRandomBytes`
 * @param clientKey of the client concerned; one of the moment, kept nowhere, stands in where there is none, so that an entry does not tell
 * whether the guard knows the client
 */
export function leafOfRecord(row: RowToSeal, random: Buffer, clientKey: Buffer = random.subarray(rowSaltBytes)): Leaf {
  const rowSalt = random.subarray(0, rowSaltBytes);
  // In the order of canonical JSON, so that it need not be brought into it.
  const entry: EvidenceEntry = {
    client: clientCommitment(clientKey, row).toString('base64'),
    consents: row.verdict === 'refused' ? [] : [...row.consents],
    id: row.id,
    message: row.commitment,
    ordinal: row.ordinal,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.recipient === null ? {} : { recipient: row.recipient }),
    recordedAt: row.recorded_at.toISOString(),
    row: rowCommitment(rowSalt, restOfRow(row)).toString('base64'),
    sender: row.sender,
    to: row.addressed_to,
    type: typeOf(row.name as MessageName),
    v: 1,
    verdict: row.verdict as VerdictKind,
  };
  return { entry: encodeEntry(entry), rowSalt };
}

/** What else the row holds: not shown, but it cannot be changed afterwards without being found out while its salt is there. */
export const restOfRow = (row: Omit<RecordRow, 'digest'>): Readonly<Record<string, unknown>> => ({
  actor: row.actor,
  case: row.case_id,
  cause: row.cause,
  client: row.client,
  consents: row.consents,
  detail: row.detail,
  facts: row.facts,
  field: row.field,
  inner: row.inner_reason,
  recipientAgency: row.recipient_agency,
  recipientKind: row.recipient_kind,
  senderAgency: row.sender_agency,
  senderKind: row.sender_kind,
  time: row.time.toISOString(),
});
