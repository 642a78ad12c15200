import { typeOf } from '#libs/contracts/message-table.js';
import { type EvidenceEntry, clientCommitment, encodeEntry, rowCommitment } from '#libs/evidence/evidence-entry.js';
import { type RecordRow, reasonOf, toStoredRecord } from './record-rows.js';

/** A record as the sealer reads it. */
export interface RowToSeal extends RecordRow {
  readonly commitment: Buffer;
  readonly is_disclosure: boolean;
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
  const record = toStoredRecord(row);
  const rowSalt = random.subarray(0, rowSaltBytes);
  const reason = reasonOf(record.verdict);
  const entry: EvidenceEntry = {
    v: 1,
    id: record.id,
    ordinal: record.ordinal,
    type: typeOf(record.name),
    sender: record.sender,
    to: record.to,
    ...(record.recipient === undefined ? {} : { recipient: record.recipient }),
    verdict: record.verdict.kind,
    ...(reason === undefined ? {} : { reason }),
    consents: record.verdict.kind === 'refused' ? [] : [...record.consents],
    recordedAt: record.recordedAt.toISOString(),
    message: row.commitment.toString('base64'),
    client: clientCommitment(clientKey, record).toString('base64'),
    row: rowCommitment(rowSalt, restOfRow(row)).toString('base64'),
  };
  return { entry: encodeEntry(entry), rowSalt };
}

/** What else the row holds: not shown, but it cannot be changed afterwards without being found out while its salt is there. */
export const restOfRow = (row: RecordRow): Readonly<Record<string, unknown>> => ({
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
