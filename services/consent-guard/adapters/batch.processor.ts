import { hash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { IdAge } from '#libs/contracts/read-message.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { Incoming } from '../domain/incoming.js';
import type { BatchStore } from './batch.store.js';
import type { GuardKeys } from './guard-keys.js';
import type { Step } from './ingress-place.js';
import { type Redrive, judgeBatch } from './judge-batch.js';
import { type Intake, type RawMessage, readIngress, toIncoming } from './read-ingress.js';
import { type Wakes, eventsKey } from './wakes.js';
import type { WorldLoader } from './world.loader.js';

export interface BatchProcessorParts {
  readonly pool: Pool;
  readonly keys: GuardKeys;
  readonly loader: WorldLoader;
  readonly store: BatchStore;
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly idAge: IdAge;
  readonly routeTimeoutMs: number;
}

/**
 * One batch of one sender, in order: lock the clients → read → judge → commit. When `process` returns, all that the batch does has happened;
 * when it throws, none of it has, or it is on record and stands: it comes again.
 */
export class BatchProcessor {
  constructor(private readonly parts: BatchProcessorParts) {}

  /** A message's shape, and whom it shows; nothing of it rests on what is recorded. Throws on nothing. */
  read(raw: RawMessage): Intake {
    const { keys, clock, idAge } = this.parts;
    return readIngress(raw, { keys, nowMs: clock.now().getTime(), idAge });
  }

  /**
   * @param step where the batch lies in its sender's stream
   * @returns dead letters to send again, which the operator asked for in this batch
   * @throws MeshError when the batch must come again; `lease-lost`: not here
   */
  async process(intakes: readonly Intake[], step?: Step): Promise<readonly Redrive[]> {
    const { pool, loader } = this.parts;
    const db = await pool.connect().catch((error: unknown) => {
      throw toStoreError(error);
    });
    try {
      const redrives = await this.work(db, intakes, step);
      await loader.unlock(db);
      db.release();
      return redrives;
    } catch (error) {
      // A connection that may hold locks is closed, not kept.
      db.release(true);
      throw error instanceof MeshError ? error : toStoreError(error);
    }
  }

  private async work(
    db: PoolClient,
    intakes: readonly Intake[],
    step: Step | undefined,
  ): Promise<readonly Redrive[]> {
    const { keys, loader, store, wakes, clock, routeTimeoutMs } = this.parts;
    const keyVersion = keys.version;
    const present = await withoutDecided(
      db,
      intakes.map((intake) => this.underPresentKeys(intake)),
    );
    const { world, prior } = await loader.load(db, readable(present));
    const now = clock.now();
    const judged = judgeBatch(present, { world, prior, nowMs: now.getTime() });
    const heldUntil = new Date(now.getTime() + routeTimeoutMs);
    const recipients = await store.commit(db, judged, { now, heldUntil, keyVersion, step });
    wakes.wake([...recipients, eventsKey]);
    return judged.redrives;
  }

  /** Read in an attempt before: since then the keys may have changed. */
  private underPresentKeys(intake: Intake): Intake {
    const { keys } = this.parts;
    if (!intake.ok || intake.stamp === keys.stamp) return intake;
    const { read, sender, digest } = intake.incoming;
    return { ok: true, incoming: toIncoming(read, { sender, digest }, keys), stamp: keys.stamp };
  }
}

/**
 * Without what is on record, byte for byte, and cannot be read any more: read again after a break, a message may be too old by then to be taken anew.
 * Its record stands. Other bytes under its id are a dead letter, so that somebody sees them.
 */
async function withoutDecided(
  db: PoolClient,
  intakes: readonly Intake[],
): Promise<readonly Intake[]> {
  const unread = intakes.flatMap((intake) => (intake.ok ? [] : (intake.dead.message ?? [])));
  if (unread.length === 0) return intakes;
  const { rows } = await db.query<{ id: string; sender: string; digest: Buffer | null }>(
    'select id, sender, digest from record where id = any($1::uuid[]) and ordinal = 0',
    [unread],
  );
  const decided = new Set(
    rows.map(({ id, sender, digest }) => `${id} ${sender} ${digest?.toString('hex')}`),
  );
  const digestOf = (body: Uint8Array = new Uint8Array()): string => hash('sha256', body, 'hex');
  return intakes.filter(
    (intake) =>
      intake.ok ||
      !decided.has(`${intake.dead.message} ${intake.dead.party} ${digestOf(intake.dead.body)}`),
  );
}

function readable(intakes: readonly Intake[]): Incoming[] {
  const batch: Incoming[] = [];
  for (const intake of intakes) if (intake.ok) batch.push(intake.incoming);
  return batch;
}
