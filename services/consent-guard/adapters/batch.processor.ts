import type { Pool, PoolClient } from 'pg';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Category } from '#libs/contracts/purposes.js';
import type { IdAge } from '#libs/contracts/read-message.js';
import { type CopyValue, copyRows } from '#libs/postgres/copy-rows.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { Effect } from '../domain/effect.js';
import { type GuardRecord, isCleared } from '../domain/guard-record.js';
import type { Incoming } from '../domain/incoming.js';
import type { BatchStore, DecidedMessage } from './batch.store.js';
import { changedBy } from './batch-mentions.js';
import { readOpenings, requireOpenings } from './delivery-opening.js';
import {
  brokerTimeOf,
  type DeliveryRecall,
  isLongAgo,
  knownForMs,
  recallable,
} from './delivery-recall.js';
import { GroundAhead } from './ground-ahead.js';
import type { GuardKeys } from './guard-keys.js';
import {
  type Delivery,
  type DeliveryState,
  type Doubt,
  type JudgedBatch,
  judgeBatch,
} from './judge-batch.js';
import { type Intake, type RawMessage, readIngress, toIncoming } from './read-ingress.js';
import type { StoredRecord } from './record-rows.js';
import type { EventToSend, RoadCourier, SentDelivery } from './road.courier.js';
import type { WithdrawalDesk } from './withdrawal.desk.js';
import type { LoadedWorld, WorldLoader } from './world.loader.js';

/**
 * How old a decision may be when it is delivered, in ms of the monotonic clock, which goes on while a process is stopped. What a stopped
 * instance judged before a withdrawal, it cannot deliver after it.
 */
const deliverWithinMs = 5_000;

export interface BatchProcessorParts {
  readonly pool: Pool;
  readonly keys: GuardKeys;
  readonly loader: WorldLoader;
  readonly store: BatchStore;
  readonly courier: RoadCourier;
  readonly desk: WithdrawalDesk;
  readonly recall: DeliveryRecall;
  readonly clock: Clock;
  readonly idAge: IdAge;
  readonly routeTimeoutMs: number;
}

interface LookedFor {
  readonly lying: readonly SentDelivery<Delivery>[];
  readonly missing: readonly Delivery[];
}

/** What lets the batches of one sender overlap and keeps their order: the next is judged while this one is being delivered. */
export interface Turn {
  /**
   * Told when the batch is judged, and not committed yet, where nothing that it changes can matter to another batch but to one that names one of
   * these messages, or is judged by the past of one of these cases: what the sender's next batch is judged by may be read from now on, and stands once this one is committed.
   */
  readonly onJudged?: (messages: ReadonlySet<string>) => void;
  /** Told once the records are committed: from then on the sender's next batch may be judged. */
  readonly onCommitted: () => void;
  /** Resolves once all that the sender sent before is delivered; `false` where that failed, and is tried again first. */
  readonly mayDeliver: Promise<boolean>;
  /** What this batch is judged by, where that was read ahead. */
  readonly ahead?: GroundAhead<Ground> | undefined;
}

/** What a batch is judged by, read under its clients' locks; the connection holds them. */
export interface Ground extends LoadedWorld {
  readonly db: PoolClient;
  readonly intakes: readonly Intake[];
  readonly keyVersion: number;
  /** Of the keys, when it was read. */
  readonly stamp: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

/** Nothing sent before is under way. */
export const alone: Turn = { onCommitted: () => undefined, mayDeliver: Promise.resolve(true) };

/**
 * One batch of one sender, in order: read → lock the clients → judge → **records committed first** → deliver → consequences → events.
 * When it returns, all of it may be acknowledged; when it throws, none of it: it comes again, and what is on record stands.
 */
export class BatchProcessor {
  /** Ids of messages that did not lie in their stream when they were looked for, and when that was. */
  private readonly ruledOut = new Map<string, number>();

  constructor(private readonly parts: BatchProcessorParts) {}

  /** A message's shape, and whom it shows; nothing of it rests on what is recorded. Throws on nothing. */
  read(raw: RawMessage): Intake {
    const { keys, clock, idAge } = this.parts;
    return readIngress(raw, { keys, nowMs: clock.now().getTime(), idAge });
  }

  /** Reads what a batch is judged by while the one before it is being committed. Undefined where others wait for a connection. */
  readAhead(intakes: readonly Intake[]): GroundAhead<Ground> | undefined {
    const { pool } = this.parts;
    const isShort =
      pool.waitingCount > 0 || (pool.idleCount === 0 && pool.totalCount >= (pool.options.max ?? 0));
    return isShort ? undefined : new GroundAhead(this.readGround(intakes));
  }

  /** @returns dead letters to send again, which the operator asked for in this batch. @throws MeshError when the batch must come again. */
  async process(intakes: readonly Intake[], turn: Turn = alone): Promise<readonly string[]> {
    const { keys, loader } = this.parts;
    let ground: Ground | undefined;
    try {
      ground = await turn.ahead?.taken(keys.stamp);
      ground ??= await this.readGround(intakes);
      const redrives = await this.work(ground, turn);
      await loader.unlock(ground.db);
      ground.db.release();
      return redrives;
    } catch (error) {
      loader.forgetDirectory();
      // A connection that may hold locks is closed, not kept.
      ground?.db.release(true);
      throw error instanceof MeshError ? error : toStoreError(error);
    }
  }

  private async readGround(intakes: readonly Intake[]): Promise<Ground> {
    const { pool, loader, keys } = this.parts;
    const db = await pool.connect();
    try {
      const { version: keyVersion, stamp } = keys;
      const present: Intake[] = [];
      for (const intake of intakes) present.push(this.underPresentKeys(intake));
      const loaded = await loader.load(db, readable(present));
      return {
        db,
        intakes: present,
        ...loaded,
        keyVersion,
        stamp,
        deadline: performance.now() + deliverWithinMs,
      };
    } catch (error) {
      db.release(true);
      throw error;
    }
  }

  /**
   * Rules out that what is in doubt still comes, and writes down whether its recipient has it, as a withdrawal does.
   *
   * @throws MeshError always: the batch comes again, and is judged by what is on record then
   */
  private async settle(db: PoolClient, doubts: readonly Doubt[]): Promise<never> {
    const openings = await readOpenings(
      db,
      doubts.map(({ recipient }) => recipient),
    );
    const recalled = await this.parts.recall.recall(
      doubts.map(({ record, recipient }) =>
        recallable(record, { recipient, now: this.parts.clock.now() }),
      ),
      { isAgain: false, openings },
    );
    await db.query('begin');
    await requireOpenings(db, openings);
    for (const [index, { record, recipient, root, otherwise }] of doubts.entries()) {
      const state = recalled[index]?.state === 'stopped' ? 'stopped' : otherwise;
      await db.query(
        `insert into delivery (id, recipient, client, root, stream_seq, state) values ($1, $2, $3, $4, $5, $6) on conflict (id, recipient) do nothing`,
        [record.id, recipient, record.client, root, recalled[index]?.streamSeq, state],
      );
    }
    await db.query('commit');
    throw new MeshError(
      'lease-lost',
      'messages in doubt are settled, and the batch is judged again',
    );
  }

  /**
   * What comes again so late that the broker would not know it for the same, and lies in its stream, is not delivered a second time. What does not
   * lie there is known not to for as long as the broker knows what is delivered from now on, however often that is tried.
   */
  private async lookFor(deliveries: readonly Delivery[], now: Date): Promise<LookedFor> {
    const old = deliveries.filter(
      ({ id, decidedAt }) =>
        decidedAt !== undefined && isLongAgo(decidedAt, now) && !this.isRuledOut(id),
    );
    const lying: SentDelivery<Delivery>[] = [];
    for (const recipient of new Set(old.map((delivery) => delivery.recipient))) {
      const own = old.filter((delivery) => delivery.recipient === recipient);
      const since = new Date(
        Math.min(...own.map(({ decidedAt = now }) => brokerTimeOf(decidedAt, now).getTime())),
      );
      const places = await this.parts.recall.find(
        recipient,
        own.map(({ id }) => id),
        since,
      );
      for (const delivery of own) {
        const streamSeq = places.get(delivery.id);
        if (streamSeq === undefined) this.ruledOut.set(delivery.id, performance.now());
        else lying.push({ delivery, streamSeq });
      }
    }
    const found = new Set(lying.map(({ delivery }) => delivery));
    return {
      lying,
      missing:
        found.size === 0 ? deliveries : deliveries.filter((delivery) => !found.has(delivery)),
    };
  }

  private isRuledOut(id: string): boolean {
    for (const [known, at] of this.ruledOut)
      if (performance.now() - at > knownForMs) this.ruledOut.delete(known);
    return this.ruledOut.has(id);
  }

  /** Read ahead, or in an attempt before: since then the keys may have changed. */
  private underPresentKeys(intake: Intake): Intake {
    const { keys } = this.parts;
    if (!intake.ok || intake.stamp === keys.stamp) return intake;
    const { read, sender, digest } = intake.incoming;
    return { ok: true, incoming: toIncoming(read, { sender, digest }, keys), stamp: keys.stamp };
  }

  private async work(
    { db, intakes, world, prior, waited, keyVersion, deadline }: Ground,
    turn: Turn,
  ): Promise<readonly string[]> {
    const { store, courier, desk, clock, routeTimeoutMs } = this.parts;
    const now = clock.now();
    const delivered = await deliveredBefore(db, prior, waited);
    const judged = judgeBatch(intakes, { world, prior, waited, delivered, nowMs: now.getTime() });
    if (judged.doubts.length > 0) await this.settle(db, judged.doubts);
    if (turn.onJudged !== undefined && changesNothingElse(judged))
      turn.onJudged(changedBy(judged.decided));
    const heldUntil = new Date(now.getTime() + routeTimeoutMs);
    const seqs = await store.commit(db, {
      decided: judged.decided,
      dead: judged.dead,
      now,
      heldUntil,
      keyVersion,
    });
    turn.onCommitted();
    const events = toEvents(judged, seqs, now);
    if (!(await turn.mayDeliver))
      throw new MeshError('broker-unavailable', 'what was sent before could not be delivered now');
    const { lying, missing } = await this.lookFor(judged.deliveries, now);
    const [{ sent, failure }, announced] = await Promise.all([
      courier.deliverEach(missing, deadline),
      courier.announce(events).then(
        () => undefined,
        (error: unknown) => ({ error }),
      ),
    ]);
    // Also where others failed: what is not written down is delivered again, and by then the broker may have forgotten its id.
    await recordSent(db, [...lying, ...sent], prior.size > 0);
    if (failure !== undefined) throw failure;
    if (announced !== undefined) throw announced.error;
    if (judged.releases.length > 0)
      await db.query('delete from held where id = any($1::uuid[])', [judged.releases]);
    for (const withdrawal of judged.withdrawals) await desk.carryOut(db, withdrawal);
    return judged.redrives;
  }
}

/**
 * Nothing but first records, deliveries and dead letters: no consent, case, client, wait or directory entry that another batch might be judged by,
 * and no second record, which may be of a message that others rest on.
 */
const changesNothingElse = ({ decided, withdrawals }: JudgedBatch): boolean =>
  withdrawals.length === 0 && decided.every(onlyDelivers);
const onlyDelivers = ({ effects, records }: DecidedMessage): boolean =>
  effects.every(isDelivery) && records.every(isFirst);
const isDelivery = ({ kind }: Effect): boolean => kind === 'deliver';
const isFirst = ({ ordinal }: GuardRecord): boolean => ordinal === 0;

function readable(intakes: readonly Intake[]): Incoming[] {
  const batch: Incoming[] = [];
  for (const intake of intakes) if (intake.ok) batch.push(intake.incoming);
  return batch;
}

function toEvents(
  judged: JudgedBatch,
  seqs: ReadonlyMap<string, number>,
  now: Date,
): EventToSend[] {
  const events: EventToSend[] = [];
  for (const { record, stored, directory } of judged.events) {
    const seq = stored?.seq ?? seqs.get(`${record.id}/${record.ordinal}`) ?? 0;
    const recordedAt = stored?.recordedAt ?? now;
    events.push(
      directory === undefined
        ? { record, seq, recordedAt }
        : { record, seq, recordedAt, directory },
    );
  }
  return events;
}

async function deliveredBefore(
  db: PoolClient,
  prior: ReadonlyMap<string, StoredRecord>,
  waited: ReadonlyMap<string, StoredRecord>,
): Promise<ReadonlyMap<string, DeliveryState>> {
  if (prior.size === 0) return new Map();
  const ids = [...prior.values(), ...waited.values()]
    .filter((record) => isCleared(record) && record.recipient !== undefined)
    .map((record) => record.id);
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; state: DeliveryState }>(
    'select id, state from delivery where id = any($1::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ id, state }) => [id, state]));
}

const deliveryColumns = ['id', 'recipient', 'client', 'root', 'stream_seq', 'told', 'withheld'];

/** Where each delivery lies, so that a withdrawal finds it. Of a message that comes again its place may be on record already. */
async function recordSent(
  db: PoolClient,
  sent: readonly SentDelivery<Delivery>[],
  isAgain: boolean,
): Promise<void> {
  const rows: CopyValue[][] = [];
  for (const { delivery, streamSeq } of sent) {
    const { id, recipient, root, told, withheld } = delivery;
    rows.push([
      id,
      recipient,
      delivery.client,
      root ?? id,
      streamSeq,
      arrayText(told),
      arrayText(withheld),
    ]);
  }
  if (isAgain) {
    for (const row of rows)
      await db.query(
        `insert into delivery (${deliveryColumns.join(', ')}) values ($1, $2, $3, $4, $5, $6, $7) on conflict (id, recipient) do nothing`,
        row,
      );
  } else {
    await copyRows(db, { table: 'delivery', columns: deliveryColumns }, rows);
  }
}

/** Categories as PostgreSQL reads an array: their names need no quotes. */
const arrayText = (categories: readonly Category[] = []): string => `{${categories.join(',')}}`;
