import { typeOf } from '#libs/contracts/message-table.js';
import {
  jsonString as quoted,
  jsonStringOrNull as quotedOrNull,
  jsonStrings as list,
} from '#libs/digest/json-string.js';
import { canonicalText } from '#libs/digest/message-digest.js';
import {
  clientCommitment,
  messageCommitment,
  rowCommitment,
} from '#libs/evidence/evidence-entry.js';
import { type GuardRecord, reasonOf } from '../domain/guard-record.js';

/** Salts in hex: what opens an entry's commitments to the message, and to the row. */
export interface EntrySalts {
  readonly message: string;
  readonly row: string;
}

const saltDigits = 32;
/** What one record's salts, and a key of the moment, are cut from; in bytes. */
export const entryRandomBytes = 64;

/** @param random hex digits of its own, two for each of `entryRandomBytes` */
export const entrySalts = (random: string): EntrySalts => ({
  message: random.slice(0, saltDigits),
  row: random.slice(saltDigits, 2 * saltDigits),
});

export interface EntryGrounds {
  /** RFC 3339, in UTC, to the millisecond. */
  readonly recordedAt: string;
  /** Of the client concerned, in hex. */
  readonly clientKey: string | undefined;
}

/**
 * The decision as it will stand in the tree (`EvidenceEntry`), in canonical JSON, written field by field in its order: made for every message.
 *
 * @param random as above; the end of it, kept nowhere, stands in for the key where no client is concerned, so that an entry does not tell
 * whether the guard knows the client
 */
export function entryOf(
  record: GuardRecord,
  random: string,
  { recordedAt, clientKey }: EntryGrounds,
): string {
  const { id, ordinal, recipient, verdict } = record;
  const salts = entrySalts(random);
  const reason = reasonOf(verdict);
  const client = clientCommitment(clientKey ?? random.slice(2 * saltDigits), record);
  const consents = verdict.kind === 'refused' ? '[]' : list(record.consents);
  const message = messageCommitment(salts.message, record.digest);
  const row = rowCommitment(salts.row, rowText(record));
  return (
    `{"client":"${client}","consents":${consents},"id":${quoted(id)},"message":"${message}","ordinal":${ordinal},` +
    (reason === undefined ? '' : `"reason":${quoted(reason)},`) +
    (recipient === undefined ? '' : `"recipient":${quoted(recipient)},`) +
    `"recordedAt":"${recordedAt}","row":"${row}","sender":${quoted(record.sender)},"to":${quoted(record.to)},` +
    `"type":${quoted(typeOf(record.name))},"v":1,"verdict":"${verdict.kind}"}`
  );
}

/**
 * What else the row holds, in canonical JSON: not shown, but it cannot be changed afterwards without being found out while its salt is there.
 */
export function rowText(record: GuardRecord): string {
  const problem = record.verdict.kind === 'refused' ? record.verdict : undefined;
  return (
    `{"actor":${quotedOrNull(record.actor)},"case":${quotedOrNull(record.caseId)},"cause":${quotedOrNull(record.cause)},` +
    `"client":${quotedOrNull(record.client)},"consents":${list(record.consents)},"detail":${quotedOrNull(problem?.detail)},` +
    `"facts":${canonicalText(record.facts)},"field":${quotedOrNull(problem?.field)},"inner":${quotedOrNull(record.inner)},` +
    `"recipientAgency":${quotedOrNull(record.recipientAgency)},"recipientKind":${quotedOrNull(record.recipientKind)},` +
    `"senderAgency":${quoted(record.senderAgency)},"senderKind":${quoted(record.senderKind)},"time":"${timeOf(record)}"}`
  );
}

const inUtc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** As it is written into the row's own column, which gives it back so: finer than a millisecond, PostgreSQL would round it up. */
export const timeOf = ({ time }: GuardRecord): string =>
  inUtc.test(time) ? time : new Date(time).toISOString();
