import { createHash, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { migrate } from '#libs/postgres/migrate.js';
import { insertRecords } from '#services/consent-guard/adapters/record-rows.js';
import type { GuardRecord } from '#services/consent-guard/domain/guard-record.js';

/** A guard's database with nothing in it but what a test writes. */
export async function openGuardDatabase(url: string): Promise<Pool> {
  const pool = connectDatabase({ url, applicationName: 'evidence test' });
  await migrate(pool, new URL('../../../services/consent-guard/migrations/', import.meta.url));
  return pool;
}

export const digestOf = (id: string): string =>
  createHash('sha256').update(`the message ${id}`).digest('hex');

/** A decision as the guard would write it: a referral that was cleared, unless the test says otherwise. */
export function newRecord(given: Partial<GuardRecord> = {}): GuardRecord {
  const id = given.id ?? randomUUID();
  return {
    id,
    ordinal: 0,
    name: 'referral.requested',
    sender: 'jcp_wandsworth',
    senderKind: 'jobcentre',
    senderAgency: 'jcp',
    to: 'tp_river',
    recipient: 'tp_river',
    recipientKind: 'treatment-provider',
    recipientAgency: 'river',
    caseId: randomUUID(),
    client: randomUUID(),
    actor: 'p_jcp_wandsworth',
    time: '2026-03-02T09:00:00.000Z',
    digest: digestOf(id),
    facts: { on: '2026-03-09' },
    cause: undefined,
    consents: [],
    inner: undefined,
    verdict: { kind: 'cleared' },
    ...given,
  };
}

export const refused = (given: Partial<GuardRecord> = {}): GuardRecord =>
  newRecord({
    recipient: undefined,
    verdict: { kind: 'refused', reason: 'no-consent-on-record' },
    inner: 'lapsed',
    ...given,
  });

/** Writes records as one batch does, in a transaction of its own. `before` the end, which may throw to undo it, others may commit first. */
export async function writeRecords(
  pool: Pool,
  records: readonly GuardRecord[],
  at: Date,
  before?: () => Promise<void>,
): Promise<void> {
  const db = await pool.connect();
  try {
    await db.query('begin');
    await insertRecords(db, records, at);
    await before?.();
    await db.query('commit');
  } catch (error) {
    await db.query('rollback');
    throw error;
  } finally {
    db.release();
  }
}
