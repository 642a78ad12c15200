import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { deliveryDurable, deliveryStream, deliverySubject } from '#libs/contracts/subjects.js';
import {
  type ApiError,
  askJetStream,
  type DurableState,
  noMessageFound,
  type StreamState,
} from '#libs/nats/jetstream-api.js';
import { deliveryId } from './road.courier.js';

/** How a recipient's stream stands. */
export interface DeliveryStanding {
  readonly stream: StreamState;
  readonly ackFloor: number;
  readonly pulledTo: number;
}

export interface Extent {
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

/** The guard's clock and the broker's differ by less. */
const clocksDifferMs = 60_000;

/** Questions to the broker at once. */
export const askedAtOnce = 64;

/** Of the server's errors.json. nats-server gives the last, with the store's own words, for a message that is no longer there. */
const sequenceNotFound = 10_043;
const deleteFailed = 10_057;
const notThere = /no message found|deleted message/;

/** What the broker tells of the streams of deliveries, and the deletion of a message. Each throws MeshError `broker-unavailable` · `answer-timeout`. */
export class DeliveryStreams {
  constructor(private readonly connection: NatsConnection) {}

  /** From where to where a recipient's stream reaches. */
  async extent(recipient: string): Promise<Extent> {
    const { state } = await this.ask<{ state: StreamState }>(
      `STREAM.INFO.${deliveryStream(recipient)}`,
    );
    if (state === undefined) throw unknownStanding();
    return { firstSeq: state.first_seq, lastSeq: state.last_seq };
  }

  /** Message by message, from those stored since: the broker finds none by its id. Each with its places, in order. */
  async search(
    recipient: string,
    ids: readonly string[],
    since: Date,
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const wanted = new Map(ids.map((id) => [deliveryId(id, recipient), id]));
    const places = new Map<string, number[]>();
    const { firstSeq, lastSeq } = await this.extent(recipient);
    const from = await this.firstSince(
      recipient,
      { firstSeq, lastSeq },
      since.getTime() - clocksDifferMs,
    );
    for (let start = from; start <= lastSeq; start += askedAtOnce) {
      const seqs = Array.from(
        { length: Math.min(askedAtOnce, lastSeq - start + 1) },
        (_, index) => start + index,
      );
      for (const stored of await Promise.all(seqs.map((seq) => this.stored(recipient, { seq })))) {
        const id = wanted.get(stored?.id ?? '');
        // A fence bears the id of what it rules out.
        if (id !== undefined && stored?.subject === deliverySubject(recipient))
          places.set(id, [...(places.get(id) ?? []), stored.seq]);
      }
    }
    return places;
  }

  /** From where in the stream all that was stored since then lies; by halves, as it lies in order. */
  private async firstSince(
    recipient: string,
    { firstSeq, lastSeq }: Extent,
    sinceMs: number,
  ): Promise<number> {
    let [low, high] = [firstSeq, lastSeq + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const next = await this.stored(recipient, {
        seq: middle,
        next_by_subj: deliverySubject(recipient),
      });
      // One that does not tell its time may be one of them.
      if (next !== undefined && next.storedAtMs < sinceMs) low = next.seq + 1;
      else high = middle;
    }
    return low;
  }

  async stored(
    recipient: string,
    which: { readonly seq: number; readonly next_by_subj?: string },
  ): Promise<Stored | undefined> {
    const { message, error } = await this.ask<{ message: StoredMessage }>(
      `STREAM.MSG.GET.${deliveryStream(recipient)}`,
      which,
    );
    // Gone by the broker's word; an answer that says nothing is none.
    if (message === undefined && error !== undefined) return undefined;
    if (message === undefined) throw unknownStanding();
    const { seq, subject, time, hdrs = '' } = message;
    return {
      seq,
      subject,
      storedAtMs: Date.parse(time),
      id: idIn(Buffer.from(hdrs, 'base64').toString()),
    };
  }

  async standings(recipients: readonly string[]): Promise<ReadonlyMap<string, DeliveryStanding>> {
    return new Map(
      await Promise.all(
        recipients.map(async (recipient) => [recipient, await this.standing(recipient)] as const),
      ),
    );
  }

  /** The durable first: what is pulled or stored in between makes neither seem less than it is. */
  async standing(recipient: string): Promise<DeliveryStanding> {
    const stream = deliveryStream(recipient);
    const { delivered, ack_floor: ackFloor } = await this.ask<DurableState>(
      `CONSUMER.INFO.${stream}.${deliveryDurable}`,
    );
    const { state } = await this.ask<{ state: StreamState }>(`STREAM.INFO.${stream}`);
    if (delivered === undefined || ackFloor === undefined || state === undefined)
      throw unknownStanding();
    return { stream: state, ackFloor: ackFloor.stream_seq, pulledTo: delivered.stream_seq };
  }

  async delete(recipient: string, seq: number): Promise<void> {
    await this.ask(`STREAM.MSG.DELETE.${deliveryStream(recipient)}`, { seq, no_erase: false });
  }

  private async ask<T>(
    verb: string,
    payload: object = {},
  ): Promise<Partial<T> & { readonly error?: ApiError }> {
    const reply = await askJetStream<T>(this.connection, verb, payload);
    // Gone already (acknowledged, or taken back before a crash) is as good as deleted. Any other error passes; it must be asked again.
    if (reply.error !== undefined && !isGone(reply.error))
      throw new MeshError('broker-unavailable', 'the broker could not take a delivery back');
    return reply;
  }
}

const unknownStanding = (): MeshError =>
  new MeshError('broker-unavailable', 'the broker does not tell how a delivery stream stands');

const isGone = ({ err_code: code, description }: ApiError): boolean =>
  code === noMessageFound ||
  code === sequenceNotFound ||
  (code === deleteFailed && notThere.test(description));

/** The one header a delivery has; names of headers are given as they were sent. */
const idIn = (headers: string): string | undefined =>
  /^Nats-Msg-Id: (.*)$/m.exec(headers)?.[1]?.trimEnd();
