import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '#libs/clock/clock.js';
import { endWait } from '../domain/release-held.js';
import { type RecordRow, insertRecords, toStoredRecord } from './record-rows.js';
import type { RoadCourier } from './road.courier.js';

const sweepMs = 5_000;

/** Ends waits that lasted too long: a route that never comes ends with a second record, `route-timeout`, and a task for the sender. */
export class HeldSweep {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly parts: { readonly pool: Pool; readonly clock: Clock; readonly courier: RoadCourier; readonly log: Logger },
  ) {}

  start(): void {
    this.timer ??= setInterval(() => this.wake(), sweepMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private wake(): void {
    this.running ??= this.sweep()
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'held messages could not be swept now'))
      .finally(() => (this.running = undefined));
  }

  private async sweep(): Promise<void> {
    const { rows } = await this.parts.pool.query<{ id: string; client: string }>(
      'select id, client from held where expires_at < $1 limit 100',
      [this.parts.clock.now()],
    );
    for (const { id, client } of rows) await this.end(id, client);
  }

  private async end(id: string, client: string): Promise<void> {
    const db = await this.parts.pool.connect();
    try {
      // The same lock that a batch with a route for it would hold.
      await db.query('select pg_advisory_lock(hashtextextended($1, 7))', [client]);
      await this.endLocked(db, id);
      await db.query('select pg_advisory_unlock_all()');
      db.release();
    } catch (error) {
      db.release(true);
      throw error;
    }
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
    await db.query('commit');
    await this.parts.courier.announce([{ record, seq: seqs.get(`${record.id}/${record.ordinal}`) ?? 0, recordedAt: now }]);
  }
}
