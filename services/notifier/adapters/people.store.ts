import { sql } from 'kysely';
import type { KeyRefusal } from '../domain/sealer.js';
import type { NotifierTransaction } from './notifier-database.js';

/** Where a person gets mail. Without `publicKey` there is no usable key, and `refusal` says why if one was given. */
export interface Mailbox {
  readonly person: string;
  readonly address: string;
  readonly publicKey?: string;
  readonly fingerprint?: string;
  readonly refusal?: KeyRefusal;
}

/**
 * Waits until nobody else works on this person's mail, for the length of the transaction. Without it, a notice that finds no key and a
 * key that finds no held notice could pass each other.
 */
export async function lockPerson(tx: NotifierTransaction, person: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`person:${person}`}, 0))`.execute(tx);
}

/** @returns false when a newer put was there already, which then stands. */
export async function putMailbox(
  tx: NotifierTransaction,
  mailbox: Mailbox,
  putAt: Date,
): Promise<boolean> {
  const values = {
    address: mailbox.address,
    public_key: mailbox.publicKey ?? null,
    fingerprint: mailbox.fingerprint ?? null,
    key_refusal: mailbox.refusal ?? null,
    put_at: putAt,
  };
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('person')
    .values({ person: mailbox.person, ...values })
    .onConflict((conflict) =>
      conflict.column('person').doUpdateSet(values).where('person.put_at', '<=', putAt),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function mailboxOf(
  tx: NotifierTransaction,
  person: string,
): Promise<Mailbox | undefined> {
  const row = await tx
    .selectFrom('person')
    .selectAll()
    .where('person', '=', person)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    person,
    address: row.address,
    ...(row.public_key === null ? {} : { publicKey: row.public_key }),
    ...(row.fingerprint === null ? {} : { fingerprint: row.fingerprint }),
    ...(row.key_refusal === null ? {} : { refusal: row.key_refusal }),
  };
}
