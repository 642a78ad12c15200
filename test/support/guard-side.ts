import type { NatsConnection } from '@nats-io/nats-core';
import {
  answerSubject,
  deliverySubject,
  ingressDurable,
  ingressStream,
} from '#libs/contracts/subjects.js';
import { type AskReply, requestJson } from '#libs/nats/ask-client.js';
import { DeliveryConsumer } from '#libs/nats/delivery-consumer.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import type { NatsForTest } from './nats-for-test.js';
import { until } from './until.js';

/** A message as it lies on the road. */
export interface RoadMessage {
  readonly id: string;
  readonly type: string;
  readonly to: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The guard's end of one service's road, under the guard's own key: delivers, takes what the service puts out, asks. It decides nothing. */
export class GuardSide {
  readonly outgoing: RoadMessage[] = [];
  readonly #publisher: RoadPublisher;
  readonly #consumer: DeliveryConsumer;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly service: string,
  ) {
    this.#publisher = new RoadPublisher(connection, { inboxPrefix: '_INBOX_guard' });
    this.#consumer = new DeliveryConsumer(connection, {
      stream: ingressStream(service),
      durable: ingressDurable,
      ackWaitMs: 30_000,
      inFlight: 64,
      isOrdered: true,
      handle: async ({ data }) => {
        await Promise.resolve(
          this.outgoing.push(JSON.parse(new TextDecoder().decode(data)) as RoadMessage),
        );
        return { kind: 'ack' };
      },
      onDead: () => Promise.resolve(),
    });
    this.#consumer.start();
  }

  static async of(nats: NatsForTest, service: string): Promise<GuardSide> {
    return new GuardSide(await nats.connect('guard'), service);
  }

  async deliver(message: Omit<RoadMessage, 'to'>, deduplicationId = message.id): Promise<void> {
    const envelope = {
      specversion: '1.0',
      source: '/parties/guard',
      time: new Date().toISOString(),
      to: this.service,
      ...message,
    };
    await this.deliverBytes(new TextEncoder().encode(JSON.stringify(envelope)), deduplicationId);
  }

  async deliverBytes(body: Uint8Array, deduplicationId: string): Promise<void> {
    await this.#publisher.publish(body, deduplicationId, deliverySubject(this.service));
  }

  /** The first message the service put out that has this type and these data. */
  sent(type: string, data: Readonly<Record<string, unknown>>): Promise<RoadMessage> {
    const fits = (message: RoadMessage): boolean =>
      message.type === type &&
      Object.entries(data).every(([key, value]) => message.data[key] === value);
    return until(`${type} with ${JSON.stringify(data)}`, () => this.outgoing.find(fits));
  }

  ask<T>(verb: string, payload: unknown): Promise<AskReply<T>> {
    return requestJson<T>(this.connection, answerSubject(this.service, verb), payload);
  }

  async stop(): Promise<void> {
    await this.#consumer.stop();
    await this.#publisher.stop();
  }
}
