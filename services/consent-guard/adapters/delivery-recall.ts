import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { deliveryDurable, deliveryStream } from '#libs/contracts/subjects.js';
import { requestJson } from '#libs/nats/ask-client.js';
import type { RoadCourier } from './road.courier.js';

/** A delivery to take back. Without a place in its stream it is in doubt: cleared, and nobody wrote down that it was delivered. */
export interface Recallable {
  readonly id: string;
  readonly recipient: string;
  readonly streamSeq: number | undefined;
}

/** `stopped`: the recipient cannot have it, now or later. `collected`: it was pulled before, or that cannot be ruled out (below). */
export interface Recalled {
  readonly streamSeq: number;
  readonly state: 'stopped' | 'collected';
}

interface Placed {
  readonly recipient: string;
  readonly streamSeq: number;
  /** What lies there is the fence, which nobody pulls. */
  readonly isFence: boolean;
}

interface ApiError {
  readonly err_code: number;
  readonly description: string;
}

interface DurableInfo {
  readonly delivered?: { readonly stream_seq: number };
  readonly ack_floor?: { readonly stream_seq: number };
}

/** Of the server's errors.json. nats-server gives the second, with the store's own words, for a message that is no longer there. */
const sequenceNotFound = 10_043;
const deleteFailed = 10_057;
const notThere = /no message found|deleted message/;

/**
 * Takes deliveries back out of their streams, by sequence; never a purge, which would move the consumer past what is not read yet. Each
 * call can be repeated; but where an earlier one was cut off before its outcome was written down, and newer messages were pulled since, what
 * it took back counts as collected: the broker no longer knows, and the holder is rather told once too often.
 *
 *   in doubt ── fence: its id is used up ──┬─ it had come: its sequence ─┐
 *                                          └─ it can come no more ───────┤
 *   on record: its sequence ─────────────────────────────────────────────┴─▶ delete ─▶ was it pulled before? ─▶ stopped | collected
 */
export class DeliveryRecall {
  constructor(
    private readonly connection: NatsConnection,
    private readonly courier: RoadCourier,
  ) {}

  /** @returns in the order asked. @throws MeshError `broker-unavailable` · `answer-timeout`: ask again, all of it */
  async recall(deliveries: readonly Recallable[]): Promise<readonly Recalled[]> {
    const places = await Promise.allSettled(deliveries.map((delivery) => this.place(delivery)));
    const placed = places.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const recipients = [...new Set(placed.map(({ recipient }) => recipient))];
    const before = await this.infos(recipients);
    // What is acknowledged is gone: of a client's long history most needs no deleting.
    const isAcked = (one: Placed): boolean => !one.isFence && one.streamSeq <= (before.get(one.recipient)?.ack_floor?.stream_seq ?? 0);
    await Promise.all(placed.filter((one) => !isAcked(one)).map(({ recipient, streamSeq }) => this.delete(recipient, streamSeq)));
    // Deleted first, asked second, so that a pull in between is seen.
    const after = await this.infos(recipients);
    // One that cannot be ruled out yet (its stream is full) keeps none of the others in theirs.
    const failed = places.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return placed.map(({ recipient, streamSeq, isFence }) => {
      const pulledTo = after.get(recipient)?.delivered?.stream_seq ?? Infinity;
      return { streamSeq, state: isFence || pulledTo < streamSeq ? 'stopped' : 'collected' };
    });
  }

  private async place({ id, recipient, streamSeq }: Recallable): Promise<Placed> {
    if (streamSeq !== undefined) return { recipient, streamSeq, isFence: false };
    const { seq, duplicate } = await this.courier.fence(id, recipient);
    return { recipient, streamSeq: seq, isFence: !duplicate };
  }

  /** Whether the recipient has acknowledged everything up to there. */
  async isWorked(recipient: string, streamSeq: number): Promise<boolean> {
    return ((await this.info(recipient)).ack_floor?.stream_seq ?? 0) >= streamSeq;
  }

  private async infos(recipients: readonly string[]): Promise<ReadonlyMap<string, DurableInfo>> {
    return new Map(await Promise.all(recipients.map(async (recipient) => [recipient, await this.info(recipient)] as const)));
  }

  private info(recipient: string): Promise<DurableInfo> {
    return this.api<DurableInfo>(`CONSUMER.INFO.${deliveryStream(recipient)}.${deliveryDurable}`, {});
  }

  private async delete(recipient: string, seq: number): Promise<void> {
    await this.api(`STREAM.MSG.DELETE.${deliveryStream(recipient)}`, { seq, no_erase: false });
  }

  private async api<T>(verb: string, payload: object): Promise<T> {
    const reply = (await requestJson(this.connection, `$JS.API.${verb}`, payload)) as { error?: ApiError } & T;
    const { error } = reply;
    // Gone already (acknowledged, or taken back before a crash) is as good as deleted. Any other error passes; it must be asked again.
    if (
      error !== undefined &&
      error.err_code !== sequenceNotFound &&
      !(error.err_code === deleteFailed && notThere.test(error.description))
    )
      throw new MeshError('broker-unavailable', 'the broker could not take a delivery back');
    return reply;
  }
}
