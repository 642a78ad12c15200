import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { deliveryDurable, deliveryStream, deliverySubject } from '#libs/contracts/subjects.js';
import { type ApiError, askJetStream, type DurableState, noMessageFound, type StreamState } from '#libs/nats/jetstream-api.js';
import { isCleared } from '../domain/guard-record.js';
import type { StoredRecord } from './record-rows.js';
import { deliveryId, type RoadCourier } from './road.courier.js';

/** A delivery to take back. Without a place in its stream it is in doubt: cleared, and nobody wrote down that it was delivered. */
export interface Recallable {
  readonly id: string;
  readonly recipient: string;
  readonly streamSeq: number | undefined;
  /** The record that cleared it; 0 where that is not known. */
  readonly recordSeq: number;
  /** When it was decided, where that is so long ago that the broker may have forgotten the id of what lies in its stream. */
  readonly longAgo: Date | undefined;
}

/** The broker knows an id for two minutes (`duplicate_window`); less, as clocks differ. */
export const knownForMs = 60_000;
export const isLongAgo = (decidedAt: Date, now: Date): boolean => now.getTime() - decidedAt.getTime() > knownForMs;
const longAgoOf = (record: StoredRecord, now: Date): Date | undefined => {
  if (!isCleared(record)) return new Date(0);
  return isLongAgo(record.recordedAt, now) ? record.recordedAt : undefined;
};

/** @param record the newest of that message: the one that cleared it, or one that says that it was stopped since */
export const recallable = (
  record: StoredRecord,
  { recipient, streamSeq, now }: { readonly recipient: string; readonly streamSeq?: number | undefined; readonly now: Date },
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

/** How a recipient's stream stands. */
interface Standing {
  readonly stream: StreamState;
  readonly ackFloor: number;
  readonly pulledTo: number;
}

interface Extent {
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Of a message in a stream, as STREAM.MSG.GET gives it. */
interface StoredMessage {
  readonly seq: number;
  readonly subject: string;
  readonly time: string;
  readonly hdrs?: string;
}

interface Stored {
  readonly seq: number;
  readonly subject: string;
  readonly storedAtMs: number;
  readonly id: string | undefined;
}

/** Questions to the broker at once. */
const askedAtOnce = 64;

/** Of the server's errors.json. nats-server gives the last, with the store's own words, for a message that is no longer there. */
const sequenceNotFound = 10_043;
const deleteFailed = 10_057;
const notThere = /no message found|deleted message/;

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
  constructor(
    private readonly connection: NatsConnection,
    private readonly courier: RoadCourier,
  ) {}

  /**
   * @returns in the order asked
   * @throws MeshError `broker-unavailable` · `answer-timeout`: ask again, all of it
   */
  async recall(deliveries: readonly Recallable[], { isAgain, openings }: RecallTerms): Promise<readonly Recalled[]> {
    const places = await Promise.allSettled(deliveries.map((delivery) => this.place(delivery)));
    const placed = places.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const recipients = [...new Set(placed.map(({ recipient }) => recipient))];
    const before = await this.standings(recipients);
    const found = await Promise.all(placed.map((one) => this.take(one, before.get(one.recipient))));
    // Deleted first, asked second, so that a pull in between is seen.
    const after = await this.standings(recipients);
    // One that cannot be ruled out yet (its stream is full) keeps none of the others in theirs.
    const failed = places.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return placed.map((one, index) => ({
      streamSeq: one.streamSeq,
      isTaken: one.isFence || found[index] === 'taken',
      state:
        !isDoubtful(one, openings.get(one.recipient)) &&
        (one.isFence || isStopped(one.streamSeq, found[index], { after: after.get(one.recipient), isAgain }))
          ? 'stopped'
          : 'collected',
    }));
  }

  /** Takes away what was taken back before and lies there again. Nobody may pull meanwhile. @throws MeshError as `recall` */
  async takeAgain(ended: readonly Ended[]): Promise<void> {
    for (let start = 0; start < ended.length; start += askedAtOnce)
      await Promise.all(
        ended.slice(start, start + askedAtOnce).map(async (one) => {
          if ((await this.look(one)) === 'taken') await this.delete(one.recipient, one.streamSeq);
        }),
      );
  }

  /** From where to where a recipient's stream reaches. @throws MeshError `broker-unavailable` · `answer-timeout` */
  async extent(recipient: string): Promise<Extent> {
    const { state } = await this.ask<{ state: StreamState }>(`STREAM.INFO.${deliveryStream(recipient)}`);
    if (state === undefined) throw unknownStanding();
    return { firstSeq: state.first_seq, lastSeq: state.last_seq };
  }

  private async place({ streamSeq, ...delivery }: Recallable): Promise<Placed> {
    if (streamSeq !== undefined) return { ...delivery, streamSeq, isFence: false, further: [] };
    const { seq, duplicate } = await this.courier.fence(delivery.id, delivery.recipient);
    const { id, recipient, longAgo } = delivery;
    const places = duplicate || longAgo === undefined ? undefined : await this.search(recipient, [id], longAgo);
    const [lying, ...more] = places?.get(id) ?? [];
    if (lying === undefined) return { ...delivery, streamSeq: seq, isFence: !duplicate, further: [] };
    return { ...delivery, streamSeq: lying, isFence: false, further: [...more, seq] };
  }

  /**
   * Where messages lie that were delivered so long ago that the broker has forgotten their ids; of one that lies twice, only the first is left.
   *
   * @param since when the first of them was decided
   * @throws MeshError `broker-unavailable` · `answer-timeout`
   */
  async find(recipient: string, ids: readonly string[], since: Date): Promise<ReadonlyMap<string, number>> {
    const places = await this.search(recipient, ids, since);
    const found = new Map<string, number>();
    for (const [id, [first, ...more]] of places) {
      for (const seq of more) await this.delete(recipient, seq);
      if (first !== undefined) found.set(id, first);
    }
    return found;
  }

  /** Message by message, from those stored since: the broker finds none by its id. Each with its places, in order. */
  private async search(recipient: string, ids: readonly string[], since: Date): Promise<ReadonlyMap<string, readonly number[]>> {
    const wanted = new Map(ids.map((id) => [deliveryId(id, recipient), id]));
    const places = new Map<string, number[]>();
    const { firstSeq, lastSeq } = await this.extent(recipient);
    const from = await this.firstSince(recipient, { firstSeq, lastSeq }, since.getTime() - knownForMs);
    for (let start = from; start <= lastSeq; start += askedAtOnce) {
      const seqs = Array.from({ length: Math.min(askedAtOnce, lastSeq - start + 1) }, (_, index) => start + index);
      for (const stored of await Promise.all(seqs.map((seq) => this.stored(recipient, { seq })))) {
        const id = wanted.get(stored?.id ?? '');
        // A fence bears the id of what it rules out.
        if (id !== undefined && stored?.subject === deliverySubject(recipient)) places.set(id, [...(places.get(id) ?? []), stored.seq]);
      }
    }
    return places;
  }

  /** From where in the stream all that was stored since then lies; by halves, as it lies in order. */
  private async firstSince(recipient: string, { firstSeq, lastSeq }: Extent, sinceMs: number): Promise<number> {
    let [low, high] = [firstSeq, lastSeq + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const next = await this.stored(recipient, { seq: middle, next_by_subj: deliverySubject(recipient) });
      // One that does not tell its time may be one of them.
      if (next !== undefined && next.storedAtMs < sinceMs) low = next.seq + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether the recipient has acknowledged everything up to there. */
  async isWorked(recipient: string, streamSeq: number): Promise<boolean> {
    return (await this.standing(recipient)).ackFloor >= streamSeq;
  }

  private async take(one: Placed, before: Standing | undefined): Promise<Found> {
    for (const seq of one.further) await this.delete(one.recipient, seq);
    // What is acknowledged is gone: of a client's long history most needs no looking.
    const isAcked = before !== undefined && one.streamSeq <= before.ackFloor && one.streamSeq < before.stream.first_seq;
    if (isAcked && !one.isFence) return 'gone';
    const found = await this.look(one);
    if (found === 'taken') await this.delete(one.recipient, one.streamSeq);
    return found;
  }

  private async look({ id, recipient, streamSeq }: Ended): Promise<Found> {
    const stored = await this.stored(recipient, { seq: streamSeq });
    if (stored === undefined) return 'gone';
    return stored.id === deliveryId(id, recipient) ? 'taken' : 'other';
  }

  private async stored(recipient: string, which: { readonly seq: number; readonly next_by_subj?: string }): Promise<Stored | undefined> {
    const { message } = await this.ask<{ message: StoredMessage }>(`STREAM.MSG.GET.${deliveryStream(recipient)}`, which);
    if (message === undefined) return undefined;
    const { seq, subject, time, hdrs = '' } = message;
    return { seq, subject, storedAtMs: Date.parse(time), id: idIn(Buffer.from(hdrs, 'base64').toString()) };
  }

  private async standings(recipients: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
    return new Map(await Promise.all(recipients.map(async (recipient) => [recipient, await this.standing(recipient)] as const)));
  }

  /** The durable first: what is pulled or stored in between makes neither seem less than it is. */
  private async standing(recipient: string): Promise<Standing> {
    const stream = deliveryStream(recipient);
    const { delivered, ack_floor: ackFloor } = await this.ask<DurableState>(`CONSUMER.INFO.${stream}.${deliveryDurable}`);
    const { state } = await this.ask<{ state: StreamState }>(`STREAM.INFO.${stream}`);
    if (delivered === undefined || ackFloor === undefined || state === undefined) throw unknownStanding();
    return { stream: state, ackFloor: ackFloor.stream_seq, pulledTo: delivered.stream_seq };
  }

  private async delete(recipient: string, seq: number): Promise<void> {
    await this.ask(`STREAM.MSG.DELETE.${deliveryStream(recipient)}`, { seq, no_erase: false });
  }

  private async ask<T>(verb: string, payload: object = {}): Promise<Partial<T>> {
    const reply = await askJetStream<T>(this.connection, verb, payload);
    // Gone already (acknowledged, or taken back before a crash) is as good as deleted. Any other error passes; it must be asked again.
    if (reply.error !== undefined && !isGone(reply.error))
      throw new MeshError('broker-unavailable', 'the broker could not take a delivery back');
    return reply;
  }
}

const unknownStanding = (): MeshError => new MeshError('broker-unavailable', 'the broker does not tell how a delivery stream stands');

/** Whether it may have been pulled from a broker that was started anew since: what was pulled there is forgotten, and so are ids. */
const isDoubtful = ({ recordSeq }: Placed, opening: Opening | undefined): boolean =>
  opening !== undefined && opening.number > 0 && recordSeq <= opening.recordsTo;

/** Nobody has pulled it, and nobody can any more. */
function isStopped(
  streamSeq: number,
  found: Found | undefined,
  { after, isAgain }: { readonly after: Standing | undefined; readonly isAgain: boolean },
): boolean {
  if (after === undefined || after.pulledTo >= streamSeq) return false;
  // A stream that was never that long is another than it was stored in.
  return found === 'taken' || (found === 'gone' && isAgain && after.stream.last_seq >= streamSeq);
}

const isGone = ({ err_code: code, description }: ApiError): boolean =>
  code === noMessageFound || code === sequenceNotFound || (code === deleteFailed && notThere.test(description));

/** The one header a delivery has; names of headers are given as they were sent. */
const idIn = (headers: string): string | undefined => /^Nats-Msg-Id: (.*)$/m.exec(headers)?.[1]?.trimEnd();
