import type { NatsConnection } from '@nats-io/nats-core';
import { answerSubject } from '#libs/contracts/subjects.js';
import { type AnswerServer, serveAsks } from '#libs/nats/answer-server.js';
import { type AskReply, requestJson } from '#libs/nats/ask-client.js';
import { IngressTap } from './ingress-tap.js';
import type { NatsForTest } from './nats-for-test.js';
import { StandInInbox } from './stand-in-inbox.js';
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
  /** What was delivered to the service. */
  readonly inbox = new StandInInbox();
  readonly #tap: IngressTap;
  readonly #asks: AnswerServer;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly service: string,
  ) {
    this.#tap = new IngressTap(connection, service, (text) =>
      this.outgoing.push(JSON.parse(text) as RoadMessage),
    );
    this.#asks = serveAsks(connection, async (party, verb, payload) =>
      Promise.resolve(
        (verb === 'take'
          ? await this.inbox.take(party, payload)
          : this.inbox.settle(party, payload)) as AskReply,
      ),
    );
  }

  static async of(nats: NatsForTest, service: string): Promise<GuardSide> {
    return new GuardSide(await nats.connect('guard'), service);
  }

  deliver(message: Omit<RoadMessage, 'to'>): void {
    this.deliverRaw(
      {
        specversion: '1.0',
        source: '/parties/guard',
        time: new Date().toISOString(),
        to: this.service,
        ...message,
      },
      message.id,
    );
  }

  deliverRaw(message: unknown, id: string): void {
    this.inbox.deliver(this.service, id, message);
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
    await this.#tap.stop();
    await this.#asks.stop();
  }
}
