import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '#libs/clock/clock.js';
import { type GuardRecord, isCleared, stopRecord } from '../domain/guard-record.js';
import { unreachedBy } from '../domain/unreached.js';
import { underClientLock } from './client-lock.js';
import { ClientTraffic } from './client-traffic.js';
import { insertEvents } from './event-rows.js';
import { insertRecords, seqOf } from './record-rows.js';
import { RepeatingWork } from './repeating-work.js';
import { type Wakes, eventsKey } from './wakes.js';

const sweepMs = 5_000;

/** What is in hand is not looked at: its holder has it. */
const lapsedSql = `select place::text as place, id, client from delivery
  where state = 'open' and lapses_at <= $1 and (hand_until is null or hand_until <= clock_timestamp()) order by lapses_at limit 100`;
const endSql = `update delivery set state = case when given > 0 then 'pulled' else 'stopped' end
  where place = $1 and state = 'open' and lapses_at <= $2 and (hand_until is null or hand_until <= clock_timestamp())`;

interface LapseSweepParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly wakes: Wakes;
  readonly log: Logger;
}

interface LapsedRow {
  readonly place: string;
  readonly id: string;
  readonly client: string;
}

/**
 * Ends deliveries whose consent has come to its end while they waited: no take gives them any more. Their sender learns that consent is
 * missing, as on sending now.
 */
export class LapseSweep {
  private readonly work: RepeatingWork;

  constructor(private readonly parts: LapseSweepParts) {
    this.work = new RepeatingWork({
      everyMs: sweepMs,
      log: parts.log,
      failure: 'deliveries whose consent has lapsed could not be ended now',
      run: () => this.sweep(),
    });
  }

  start(): void {
    this.work.start();
  }

  stop(): Promise<void> {
    return this.work.stop();
  }

  private async sweep(): Promise<void> {
    const { pool, clock, wakes } = this.parts;
    const now = clock.now();
    const { rows } = await pool.query<LapsedRow>(lapsedSql, [now]);
    for (const row of rows) await underClientLock(pool, row.client, (db) => end(db, row, now));
    if (rows.length > 0) wakes.wake([eventsKey]);
  }
}

/** Under the client's lock: nothing that rests on a newer consent is told meanwhile. */
async function end(db: PoolClient, { place, id, client }: LapsedRow, now: Date): Promise<void> {
  await db.query('begin');
  const traffic = await ClientTraffic.read(db, client);
  const { rowCount } = await db.query(endSql, [place, now]);
  const record = traffic.records.get(id);
  if (rowCount === 1) {
    await db.query('delete from delivery_body where id = $1', [place]);
    if (record !== undefined && isCleared(record)) await stop(db, record, { traffic, now });
  }
  await db.query('commit');
}

async function stop(
  db: PoolClient,
  record: GuardRecord,
  { traffic, now }: { readonly traffic: ClientTraffic; readonly now: Date },
): Promise<void> {
  const stopped = { ...stopRecord(record, 'no-consent-on-record'), inner: 'lapsed' };
  const seqs = await insertRecords(db, [stopped], now);
  await insertEvents(db, [{ seq: seqOf(stopped, seqs) }]);
  const unreached = unreachedBy([record], [...traffic.records.values(), stopped], (id) =>
    traffic.wasGiven(id),
  );
  for (const { caseId, agency } of unreached)
    await db.query('delete from case_agency where case_id = $1 and agency = $2', [caseId, agency]);
}
