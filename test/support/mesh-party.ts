import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Timeline } from '#libs/contracts/ask.js';
import { type DeliveredMessage, sourceOf } from '#libs/contracts/mesh-message.js';
import { effectId, uuidV7 } from '#libs/contracts/message-id.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import { deliveryDurable, deliveryStream } from '#libs/contracts/subjects.js';
import { type AskReply, askGuard } from '#libs/nats/ask-client.js';
import { DeliveryConsumer } from '#libs/nats/delivery-consumer.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { personOf } from './guard-builders.js';
import { type FormContext, forms, maria } from './guard-forms.js';
import { until } from './until.js';

type Form = Readonly<Record<string, unknown>>;

export interface Wanted {
  readonly name: MessageName;
  readonly to: string;
  readonly case?: string;
  readonly id?: string;
  /** Default: the full form of that type from `guard-forms`. */
  readonly data?: Form | ((context: FormContext) => Form);
  readonly client?: FormContext['client'];
  readonly cites?: string;
}

const weekMs = 7 * 24 * 3_600_000;

/** A party on the real road, under its own key: puts messages out, takes what was delivered to it, asks. */
export class MeshParty {
  /** What it took, in the order of arrival; every one of them, repeats included. */
  readonly received: DeliveredMessage[] = [];
  readonly #publisher: RoadPublisher;
  #consumer: DeliveryConsumer | undefined;

  constructor(
    readonly id: string,
    readonly connection: NatsConnection,
  ) {
    this.#publisher = new RoadPublisher(connection);
  }

  /** The message as JSON text, with a new id unless one is given. */
  compose(wanted: Wanted): { readonly id: string; readonly text: string } {
    const isService = this.id.startsWith('svc_');
    const nowMs = Date.now();
    const now = new Date(nowMs).toISOString();
    const person = isService ? '' : personOf(this.id);
    const later = new Date(nowMs + weekMs).toISOString();
    const context = { client: wanted.client ?? maria, now, today: now.slice(0, 10), later, cites: wanted.cites ?? '', person };
    const build = wanted.data ?? forms[wanted.name] ?? {};
    const id = wanted.id ?? (this.id === 'svc_router' ? effectId(randomUUID(), wanted.name) : uuidV7(nowMs, randomBytes(10)));
    const message = {
      specversion: '1.0',
      id,
      source: sourceOf(this.id),
      type: typeOf(wanted.name),
      time: now,
      to: wanted.to,
      ...(isService ? {} : { actor: person }),
      ...(wanted.case === undefined ? {} : { case: wanted.case }),
      data: typeof build === 'function' ? build(context) : build,
    };
    return { id, text: JSON.stringify(message) };
  }

  /** Puts it out. @returns its id, once the broker has it. */
  async send(wanted: Wanted): Promise<string> {
    const { id, text } = this.compose(wanted);
    await this.put(id, text);
    return id;
  }

  /** Puts bytes out as the message of that id. `salt` keeps the broker from taking a repeat for one. */
  async put(id: string, text: string, salt = ''): Promise<void> {
    const digest = createHash('sha256').update(`${text}${salt}`).digest('hex').slice(0, 16);
    await this.#publisher.publish(Buffer.from(text), `${id}.${digest}`);
  }

  ask<T>(verb: string, payload: unknown): Promise<AskReply<T>> {
    return askGuard<T>(this.connection, verb, payload, 10_000);
  }

  /** Its own message's timeline, once it is decided. */
  async verdict(id: string): Promise<Timeline> {
    return until(`a verdict on ${id}`, async () => {
      const reply = await this.ask<Timeline>('verdict', { id, waitMs: 5_000 });
      return reply.ok && reply.state !== 'undecided' ? reply : undefined;
    });
  }

  async sendAndWait(wanted: Wanted): Promise<Timeline> {
    return this.verdict(await this.send(wanted));
  }

  /** Takes and acknowledges what is delivered, from now on. */
  collect(): this {
    this.#consumer ??= new DeliveryConsumer(this.connection, {
      stream: deliveryStream(this.id),
      durable: deliveryDurable,
      ackWaitMs: 60_000,
      inFlight: 512,
      isOrdered: false,
      handle: ({ data }) => {
        this.received.push(JSON.parse(Buffer.from(data).toString('utf8')) as DeliveredMessage);
        return Promise.resolve({ kind: 'ack' });
      },
      onDead: () => Promise.resolve(),
    });
    this.#consumer.start();
    return this;
  }

  /** The delivery of that id, once it has come. */
  delivery(id: string): Promise<DeliveredMessage> {
    return until(`${this.id} has ${id}`, () => this.received.find((message) => message.id === id));
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
    await this.#publisher.stop();
    await this.connection.close();
  }
}
