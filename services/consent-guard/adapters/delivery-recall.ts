import type { NatsConnection } from '@nats-io/nats-core';
import { isCleared } from '../domain/guard-record.js';
import {
  askedAtOnce,
  type DeliveryStanding,
  DeliveryStreams,
  type Extent,
} from './delivery-streams.js';
import type { StoredRecord } from './record-rows.js';
import { deliveryId, type RoadCourier } from './road.courier.js';

/** A delivery to take back. Without a place in its stream it is in doubt: cleared, and nobody wrote down that it was delivered. */
export interface Recallable {
  readonly id: string;
  readonly recipient: string;
  readonly streamSeq: number | undefined;
  /** The record that cleared it; 0 where that is not known. */
  readonly recordSeq: number;
  /** When it was decided, by the broker's clock, where that is so long ago that the broker may have forgotten the id of what lies in its stream. */
  readonly longAgo: Date | undefined;
}

/** The broker knows an id for two minutes (`duplicate_window`); less, as clocks differ. */
export const knownForMs = 60_000;
/** Also where it was decided in what is the future to this guard: one of two clocks is wrong, and nobody knows how long ago it was. */
export const isLongAgo = (decidedAt: Date, now: Date): boolean =>
  Math.abs(now.getTime() - decidedAt.getTime()) > knownForMs;
/** When it was decided by the broker's clock, which goes on by itself where the mesh's is moved (`CLOCK_FILE`). */
export function brokerTimeOf(decidedAt: Date, now: Date): Date {
  const ageMs = now.getTime() - decidedAt.getTime();
  return new Date(ageMs < 0 ? 0 : Date.now() - ageMs);
}
const longAgoOf = (record: StoredRecord, now: Date): Date | undefined => {
  if (!isCleared(record)) return new Date(0);
  return isLongAgo(record.recordedAt, now) ? brokerTimeOf(record.recordedAt, now) : undefined;
};

/** @param record the newest of that message: the one that cleared it, or one that says that it was stopped since */
export const recallable = (
  record: StoredRecord,
  {
    recipient,
    streamSeq,
    now,
  }: { readonly recipient: string; readonly streamSeq?: number | undefined; readonly now: Date },
): Recallable => ({
  id: record.id,
  recipient,
  streamSeq,
  recordSeq: isCleared(record) ? record.seq : 0,
  longAgo: longAgoOf(record, now),
});

/** A delivery that was taken back before. */
export type Ended = Pick<Recallable, 'id' | 'recipient'> & { readonly streamSeq: number };

/** `stopped`: the recipient cannot have it, now or later. `collected`: it was pulled before, or that cannot be ruled out (below). */
export interface Recalled {
  readonly streamSeq: number;
  readonly state: 'stopped' | 'collected';
  /** It was taken out of the stream now, or can come no more: whoever may have it does not get it again. */
  readonly isTaken: boolean;
}

interface Placed {
  readonly id: string;
  readonly recipient: string;
  readonly streamSeq: number;
  readonly recordSeq: number;
  /** What lies there is the fence, which nobody pulls. */
  readonly isFence: boolean;
  /** Further places, to be emptied: of the same message, or of a fence that was laid for nothing. */
  readonly further: readonly number[];
}

/** What nobody knows of a delivery stream since its durable was last made. */
export interface Opening {
  /** How often it was made after the first time. */
  readonly number: number;
  /** What was decided up to this record may have been pulled before, though the durable does not say so. */
  readonly recordsTo: number;
}

/** By recipient. */
export type Openings = ReadonlyMap<string, Opening>;

export interface RecallTerms {
  /**
   * It was asked before, and perhaps cut off: what has gone unpulled was taken back then. Else it was collected, whatever the durable says: from
   * a stream that a broker has lost count of since.
   */
  readonly isAgain: boolean;
  /** As they were read before; whoever writes down the outcome requires them (`requireOpenings`). */
  readonly openings: Openings;
}

/** What was found at a delivery's place: itself, and it is taken away · nothing any more · another's message, as the place was used again. */
type Found = 'taken' | 'gone' | 'other';

/**
 * Takes deliveries back out of their streams, by sequence; never a purge, which would move the consumer past what is not read yet. Each
 * call can be repeated; but where an earlier one was cut off before its outcome was written down, and newer messages were pulled since, what
 * it took back counts as collected: the broker no longer knows, and the holder is rather told once too often.
 *
 *   in doubt ── fence: its id is used up ──┬─ it had come: its sequence ─┐
 *                                          ├─ long ago: looked for ──────┤
 *                                          └─ it can come no more ───────┤
 *   on record: its sequence ─────────────────────────────────────────────┴─▶ is it that? delete ─▶ was it pulled before? ─▶ stopped | collected
 *
 * A broker that was killed may count an empty stream from 1 again (`mendDurable`): what lies at a sequence is looked at before it is deleted,
 * and one that has gone from a stream which does not reach that far, or has another in its place, was collected before that. What was pulled
 * from a broker before it was started anew nobody knows: what lay there then counts as collected (`DeliveryOpening`).
 */
export class DeliveryRecall {
  private readonly streams: DeliveryStreams;

  constructor(
    connection: NatsConnection,
    private readonly courier: RoadCourier,
  ) {
    this.streams = new DeliveryStreams(connection);
  }

  /**
   * @returns in the order asked
   * @throws MeshError `broker-unavailable` · `answer-timeout`: ask again, all of it
   */
  async recall(
    deliveries: readonly Recallable[],
    { isAgain, openings }: RecallTerms,
  ): Promise<readonly Recalled[]> {
    const places = await Promise.allSettled(deliveries.map((delivery) => this.place(delivery)));
    const placed = places.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const recipients = [...new Set(placed.map(({ recipient }) => recipient))];
    const before = await this.streams.standings(recipients);
    const found = await Promise.all(placed.map((one) => this.take(one, before.get(one.recipient))));
    // Deleted first, asked second, so that a pull in between is seen.
    const after = await this.streams.standings(recipients);
    // One that cannot be ruled out yet (its stream is full) keeps none of the others in theirs.
    const failed = places.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return placed.map((one, index) => ({
      streamSeq: one.streamSeq,
      isTaken: one.isFence || found[index] === 'taken',
      state:
        !isDoubtful(one, openings.get(one.recipient)) &&
        (one.isFence ||
          isStopped(one.streamSeq, found[index], { after: after.get(one.recipient), isAgain }))
          ? 'stopped'
          : 'collected',
    }));
  }

  /** Takes away what was taken back before and lies there again. Nobody may pull meanwhile. @throws MeshError as `recall` */
  async takeAgain(ended: readonly Ended[]): Promise<void> {
    for (let start = 0; start < ended.length; start += askedAtOnce)
      await Promise.all(
        ended.slice(start, start + askedAtOnce).map(async (one) => {
          if ((await this.look(one)) === 'taken')
            await this.streams.delete(one.recipient, one.streamSeq);
        }),
      );
  }

  /** From where to where a recipient's stream reaches. @throws MeshError `broker-unavailable` · `answer-timeout` */
  extent(recipient: string): Promise<Extent> {
    return this.streams.extent(recipient);
  }

  private async place({ streamSeq, ...delivery }: Recallable): Promise<Placed> {
    if (streamSeq !== undefined) return { ...delivery, streamSeq, isFence: false, further: [] };
    const { seq, duplicate } = await this.courier.fence(delivery.id, delivery.recipient);
    const { id, recipient, longAgo } = delivery;
    const places =
      duplicate || longAgo === undefined
        ? undefined
        : await this.streams.search(recipient, [id], longAgo);
    const [lying, ...more] = places?.get(id) ?? [];
    if (lying === undefined)
      return { ...delivery, streamSeq: seq, isFence: !duplicate, further: [] };
    return { ...delivery, streamSeq: lying, isFence: false, further: [...more, seq] };
  }

  /**
   * Where messages lie that were delivered so long ago that the broker has forgotten their ids; of one that lies twice, only the first is left.
   *
   * @param since when the first of them was decided
   * @throws MeshError `broker-unavailable` · `answer-timeout`
   */
  async find(
    recipient: string,
    ids: readonly string[],
    since: Date,
  ): Promise<ReadonlyMap<string, number>> {
    const places = await this.streams.search(recipient, ids, since);
    const found = new Map<string, number>();
    for (const [id, [first, ...more]] of places) {
      for (const seq of more) await this.streams.delete(recipient, seq);
      if (first !== undefined) found.set(id, first);
    }
    return found;
  }

  /** Whether the recipient has acknowledged everything up to there. */
  async isWorked(recipient: string, streamSeq: number): Promise<boolean> {
    return (await this.streams.standing(recipient)).ackFloor >= streamSeq;
  }

  private async take(one: Placed, before: DeliveryStanding | undefined): Promise<Found> {
    for (const seq of one.further) await this.streams.delete(one.recipient, seq);
    // What is acknowledged is gone: of a client's long history most needs no looking.
    const isAcked =
      before !== undefined &&
      one.streamSeq <= before.ackFloor &&
      one.streamSeq < before.stream.first_seq;
    if (isAcked && !one.isFence) return 'gone';
    const found = await this.look(one);
    if (found === 'taken') await this.streams.delete(one.recipient, one.streamSeq);
    return found;
  }

  private async look({ id, recipient, streamSeq }: Ended): Promise<Found> {
    const stored = await this.streams.stored(recipient, { seq: streamSeq });
    if (stored === undefined) return 'gone';
    return stored.id === deliveryId(id, recipient) ? 'taken' : 'other';
  }
}

/** Whether it may have been pulled from a broker that was started anew since: what was pulled there is forgotten, and so are ids. */
const isDoubtful = ({ recordSeq }: Placed, opening: Opening | undefined): boolean =>
  opening !== undefined && opening.number > 0 && recordSeq <= opening.recordsTo;

/** Nobody has pulled it, and nobody can any more. */
function isStopped(
  streamSeq: number,
  found: Found | undefined,
  { after, isAgain }: { readonly after: DeliveryStanding | undefined; readonly isAgain: boolean },
): boolean {
  if (after === undefined || after.pulledTo >= streamSeq) return false;
  // A stream that was never that long is another than it was stored in.
  return found === 'taken' || (found === 'gone' && isAgain && after.stream.last_seq >= streamSeq);
}
