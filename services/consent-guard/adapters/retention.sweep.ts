import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '#libs/clock/clock.js';
import { evidenceLockSql } from './evidence.sealer.js';
import { RepeatingWork } from './repeating-work.js';

/** How often it is looked what has come to its end, in real time; how much is taken away in one transaction. */
const sweepMs = 60_000;
const atOnce = 500;
const dayMs = 86_400_000;

export interface RetentionParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long what went out is kept, and the consents it rests on, in days of the mesh's clock. */
  readonly disclosuresDays: number;
  /** How long refusals, waits that came to nothing, and dead letters are kept. */
  readonly refusalsDays: number;
}

const endedSql = `select seq, id from record where salt is not null and
  ((not is_disclosure and recorded_at < $1) or (is_disclosure and recorded_at < $2)) order by recorded_at limit ${atOnce}`;
const eraseRecordsSql = `update record set digest = null, salt = null, row_salt = null, case_id = null, client = null, actor = null,
  facts = '{}', cause = null, inner_reason = null, field = null, detail = null where seq = any($1::bigint[])`;
/** A consent outlasts whatever is kept of what went out under it. */
const eraseConsentsSql = `delete from consent c where c.recorded_at < $1
  and not exists (select 1 from scope s where s.consent_id = c.id and s.decision = 'given' and s.valid_until > $2)
  and not exists (select 1 from record r where r.client = c.client and c.id = any(r.consents))`;
/** What decisions did to lines goes with the consents, or withdrawals, that did it. */
const eraseLineageSqls = [
  'delete from withdrawal where recorded_at < $1',
  `delete from consent_line l where l.recorded_at < $1 and not exists (select 1 from consent c where c.id = l.decision_id)`,
];
/** Clients of whom nothing is left: no record that has not been erased, no consent, nothing that waits. */
const isForgettable = (
  client: string,
): string => `not exists (select 1 from record r where r.client = ${client})
  and not exists (select 1 from consent c where c.client = ${client}) and not exists (select 1 from held h where h.client = ${client})`;
const forgetStatements = [
  'delete from scope where client = $1',
  'delete from consent_line where client = $1',
  'delete from withdrawal where client = $1',
  'delete from client_view_release where client = $1',
  'delete from delivery_body where id in (select place from delivery where client = $1)',
  'delete from delivery where client = $1',
  'delete from case_reference where case_id in (select id from client_case where client = $1)',
  'delete from message_trial where case_id in (select id from client_case where client = $1)',
  'delete from case_agency where case_id in (select id from client_case where client = $1)',
  'delete from client_case where client = $1',
  'delete from client where id = $1',
  'delete from client_key where client = $1',
];

/**
 * Ends what is kept of a client when its time is over. The tree stays as it is: what opens its commitments is destroyed, first the salts and
 * whatever else a record tells of its client; then, when nothing of the client is left, the client's key and the hashes of their identity.
 */
export class RetentionSweep {
  private readonly work: RepeatingWork;
  private unwatch: (() => void) | undefined;

  constructor(private readonly parts: RetentionParts) {
    const failure = 'what has come to its end could not be taken away now';
    this.work = new RepeatingWork({
      everyMs: sweepMs,
      log: parts.log,
      failure,
      run: () => this.sweepAndTell(),
    });
  }

  /** A clock that was moved may have brought much to its end at once. */
  start(): void {
    this.unwatch ??= this.parts.clock.onChanged(() => this.work.wake());
    this.work.start();
    this.work.wake();
  }

  stop(): Promise<void> {
    this.unwatch?.();
    return this.work.stop();
  }

  /** Takes away all that has come to its end by the mesh's clock. */
  async sweep(): Promise<{ readonly records: number; readonly clients: number }> {
    const now = this.parts.clock.now();
    const refusals = new Date(now.getTime() - this.parts.refusalsDays * dayMs);
    const disclosures = new Date(now.getTime() - this.parts.disclosuresDays * dayMs);
    let records = 0;
    for (let erased = atOnce; erased === atOnce; records += erased)
      erased = await this.locked((db) => eraseRecords(db, refusals, disclosures));
    await this.parts.pool.query('delete from dead_letter where at < $1', [refusals]);
    await this.parts.pool.query('delete from message_trial where at < $1', [refusals]);
    await this.parts.pool.query(eraseConsentsSql, [disclosures, now]);
    for (const sql of eraseLineageSqls) await this.parts.pool.query(sql, [disclosures]);
    const { rows } = await this.parts.pool.query<{ client: string }>(
      `select k.client from client_key k where ${isForgettable('k.client')} limit ${atOnce}`,
    );
    let clients = 0;
    for (const { client } of rows) clients += await this.locked((db) => forget(db, client));
    return { records, clients };
  }

  private async sweepAndTell(): Promise<void> {
    const { records, clients } = await this.sweep();
    if (records + clients > 0)
      this.parts.log.info({ records, clients }, 'the time of records and clients was over');
  }

  /** Under the sealer's lock: one instance at a time, and not while records are sealed. */
  private async locked(work: (db: PoolClient) => Promise<number>): Promise<number> {
    const db = await this.parts.pool.connect();
    try {
      await db.query('begin');
      await db.query(evidenceLockSql(true));
      const count = await work(db);
      await db.query('commit');
      db.release();
      return count;
    } catch (error) {
      db.release(true);
      throw error;
    }
  }
}

async function eraseRecords(db: PoolClient, refusals: Date, disclosures: Date): Promise<number> {
  const { rows } = await db.query<{ seq: number; id: string }>(endedSql, [refusals, disclosures]);
  if (rows.length === 0) return 0;
  await db.query(eraseRecordsSql, [rows.map(({ seq }) => seq)]);
  await db.query('delete from event where record = any($1::bigint[])', [
    rows.map(({ seq }) => seq),
  ]);
  await db.query(
    `with gone as (delete from delivery where id = any($1::uuid[]) returning place)
     delete from delivery_body b using gone where b.id = gone.place`,
    [rows.map(({ id }) => id)],
  );
  return rows.length;
}

/** Under the client's own lock: a message of theirs that is at work now, or comes now, keeps them. */
async function forget(db: PoolClient, client: string): Promise<number> {
  const { rows } = await db.query<{ got: boolean }>(
    'select pg_try_advisory_xact_lock(hashtextextended($1, 7)) as got',
    [client],
  );
  if (rows[0]?.got !== true) return 0;
  const still = await db.query(`select 1 where ${isForgettable('$1::uuid')}`, [client]);
  if (still.rowCount === 0) return 0;
  for (const statement of forgetStatements) await db.query(statement, [client]);
  return 1;
}
