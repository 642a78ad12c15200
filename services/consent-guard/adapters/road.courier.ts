import { hash } from 'node:crypto';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { ruleOf, typeOf } from '#libs/contracts/message-table.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { deliverySubject, eventsSubject, fenceSubject } from '#libs/contracts/subjects.js';
import type { PublishedMessage, RoadPublisher } from '#libs/nats/road-publisher.js';
import { type GuardRecord, reasonOf } from '../domain/guard-record.js';

export interface DeliveryToSend {
  readonly id: string;
  readonly recipient: string;
  readonly message: DeliveredMessage;
}

export interface SentDelivery<T> {
  readonly delivery: T;
  readonly streamSeq: number;
}

export interface Sent<T> {
  readonly sent: readonly SentDelivery<T>[];
  readonly failure: Error | undefined;
}

export interface EventToSend {
  readonly record: GuardRecord;
  readonly seq: number;
  readonly recordedAt: Date;
  readonly directory?: PartyPut | PersonPut;
  /** Set when the event is sent again on purpose, so that the broker does not take it for the same. */
  readonly again?: string;
}

/** The only hand that moves anything from one party to another: it writes to delivery streams and to EVENTS, and knows nothing of verdicts. */
export class RoadCourier {
  constructor(private readonly publisher: RoadPublisher) {}

  /**
   * @param deadline on the clock of `performance.now()`: a decision older than that may rest on a consent that is gone
   * @throws MeshError `lease-lost` when the deadline has passed: what was not sent yet is not sent; the messages come again
   */
  async deliver<T extends DeliveryToSend>(
    deliveries: readonly T[],
    deadline: number,
  ): Promise<readonly SentDelivery<T>[]> {
    const { sent, failure } = await this.deliverEach(deliveries, deadline);
    if (failure !== undefined) throw failure;
    return sent;
  }

  /** The same, where one that fails does not hide where the others lie. @throws nothing: `failure` is of the first that failed */
  async deliverEach<T extends DeliveryToSend>(
    deliveries: readonly T[],
    deadline: number,
  ): Promise<Sent<T>> {
    const isLate = performance.now() > deadline;
    if (isLate)
      return {
        sent: [],
        failure: new MeshError('lease-lost', 'the decision is too old to deliver'),
      };
    const attempts: Promise<SentDelivery<T> | Error>[] = [];
    for (const delivery of deliveries) attempts.push(this.deliverOne(delivery, deadline));
    const sent: SentDelivery<T>[] = [];
    let failure: Error | undefined;
    for (const outcome of await Promise.all(attempts)) {
      if (outcome instanceof Error) failure ??= outcome;
      else sent.push(outcome);
    }
    return { sent, failure };
  }

  private async deliverOne<T extends DeliveryToSend>(
    delivery: T,
    deadline: number,
  ): Promise<SentDelivery<T> | Error> {
    const { id, recipient, message } = delivery;
    try {
      const body = Buffer.from(JSON.stringify(message));
      const { seq } = await this.publisher.publish(
        body,
        deliveryId(id, recipient),
        deliverySubject(recipient),
        deadline,
      );
      return { delivery, streamSeq: seq };
    } catch (error) {
      return error instanceof Error
        ? error
        : new MeshError('broker-unavailable', 'a delivery failed', { cause: error });
    }
  }

  /**
   * Uses up the id of a delivery of which nobody knows whether it is in its stream, or still on its way there: from now on, for the
   * stream's duplicate window, the broker refuses it. What is laid down for that is empty, and outside what the recipient can pull.
   *
   * @returns where the delivery lies if it had come (`duplicate`), else where the fence lies; either is the caller's to delete
   */
  async fence(id: string, recipient: string): Promise<PublishedMessage> {
    try {
      return await this.publisher.publish(
        new Uint8Array(),
        deliveryId(id, recipient),
        fenceSubject(recipient),
      );
    } catch (error) {
      // A full stream passes too: it must be tried until there is room.
      throw new MeshError('broker-unavailable', 'a delivery in doubt cannot be ruled out now', {
        cause: error,
      });
    }
  }

  /** Several in a message: what follows them is served by few larger messages, and so is the broker. */
  async announce(events: readonly EventToSend[]): Promise<void> {
    await Promise.all(
      bundlesOf(events).map(({ text, id }) =>
        this.publisher.publish(Buffer.from(text), id, eventsSubject),
      ),
    );
  }
}

/** Enough to share a message's cost; few enough to be worked well within the ack wait of who follows. */
const eventsAtOnce = 64;
/** Well under the broker's largest message; a party with many areas takes some KB. */
const charactersAtOnce = 128 * 1024;

interface Bundle {
  readonly text: string;
  /** The same for the same events, so that the broker keeps what is announced again once. */
  readonly id: string;
}

function bundlesOf(events: readonly EventToSend[]): Bundle[] {
  const bundles: Bundle[] = [];
  let texts: string[] = [];
  let keys: string[] = [];
  let size = 0;
  const close = (): void => {
    if (texts.length > 0)
      bundles.push({ text: `[${texts.join(',')}]`, id: hash('sha256', keys.join('\n'), 'hex') });
    [texts, keys, size] = [[], [], 0];
  };
  for (const event of events) {
    const text = JSON.stringify(toEvent(event));
    if (texts.length === eventsAtOnce || size + text.length > charactersAtOnce) close();
    texts.push(text);
    keys.push(`${event.record.id}.${event.record.ordinal}.${event.again ?? ''}`);
    size += text.length;
  }
  close();
  return bundles;
}

/** What the broker knows a delivery by. */
export const deliveryId = (id: string, recipient: string): string => `${id}.${recipient}`;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The envelope, the verdict and the marked facts; never identity, never free text. Field by field, as it is made for every message. */
export function toEvent({ record, seq, recordedAt, directory }: EventToSend): MeshEvent {
  const reason = reasonOf(record.verdict);
  const event: Writable<MeshEvent> = {
    id: record.id,
    seq,
    type: typeOf(record.name),
    verdict: record.verdict.kind,
    sender: record.sender,
    senderKind: record.senderKind,
    to: record.recipient ?? record.to,
    time: record.time,
    recordedAt: recordedAt.toISOString(),
    facts: { ...record.facts },
  };
  if (reason !== undefined) event.reason = reason;
  if (record.recipientKind !== undefined) event.recipientKind = record.recipientKind;
  if (record.caseId !== undefined) event.case = record.caseId;
  if (record.actor !== undefined) event.actor = record.actor;
  if (record.cause !== undefined) event.cause = record.cause;
  if (directory !== undefined && ruleOf(record.name).onEventsWhole === true)
    event.directory = directory;
  return event;
}
