import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '#libs/clock/clock.js';
import { endWait } from '../domain/release-held.js';
import { underClientLock } from './client-lock.js';
import { insertEvents } from './event-rows.js';
import { type RecordRow, insertRecords, seqOf, toStoredRecord } from './record-rows.js';
import { RepeatingWork } from './repeating-work.js';
import { type Wakes, eventsKey } from './wakes.js';

const sweepMs = 5_000;

interface HeldSweepParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly wakes: Wakes;
  readonly log: Logger;
}

/** Ends waits that lasted too long: a route that never comes ends with a second record, `route-timeout`, and a task for the sender. */
export class HeldSweep {
  private readonly work: RepeatingWork;

  constructor(private readonly parts: HeldSweepParts) {
    const failure = 'held messages could not be swept now';
    this.work = new RepeatingWork({
      everyMs: sweepMs,
      log: parts.log,
      failure,
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
    const { pool, clock } = this.parts;
    const { rows } = await pool.query<{ id: string; client: string }>(
      'select id, client from held where expires_at < $1 limit 100',
      [clock.now()],
    );
    for (const { id, client } of rows)
      await underClientLock(pool, client, (db) => this.endLocked(db, id));
  }

  private async endLocked(db: PoolClient, id: string): Promise<void> {
    const now = this.parts.clock.now();
    const { rows } = await db.query<RecordRow>(
      'select r.* from held h join record r on r.id = h.id where h.id = $1 order by r.ordinal desc limit 1',
      [id],
    );
    const stored = rows.map(toStoredRecord)[0];
    if (stored?.verdict.kind !== 'waiting') return;
    const record = endWait({ record: stored }, 'route-timeout');
    await db.query('begin');
    const seqs = await insertRecords(db, [record], now);
    await db.query('delete from held where id = $1', [id]);
    await insertEvents(db, [{ seq: seqOf(record, seqs) }]);
    await db.query('commit');
    this.parts.wakes.wake([eventsKey]);
  }
}
