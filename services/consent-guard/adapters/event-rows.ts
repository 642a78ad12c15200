import type { PoolClient } from 'pg';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { type CopyValue, copyRows } from '#libs/postgres/copy-rows.js';

/** The mesh's own errands need no follower: events of these would only be noise. */
const unannounced: ReadonlySet<MessageName> = new Set([
  'notice.requested',
  'notice.stop',
  'people.mailbox-put',
  'route.answered',
  'deadletter.redrive',
  'deadletter.reported',
  'client-view.requested',
  'client-view.approved',
  'client-view.released',
]);

export const isAnnounced = (name: MessageName): boolean => !unannounced.has(name);

/** A record to be told to those who follow. */
export interface EventToPut {
  /** Of the record. */
  readonly seq: number | undefined;
  readonly directory?: PartyPut | PersonPut | undefined;
}

/** Puts events, in the transaction of their records. */
export async function insertEvents(db: PoolClient, events: readonly EventToPut[]): Promise<void> {
  const rows: CopyValue[][] = [];
  for (const { seq, directory } of events)
    rows.push([seq, directory === undefined ? null : JSON.stringify(directory)]);
  await copyRows(db, { table: 'event', columns: ['record', 'directory'] }, rows);
}
