import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Clock } from '#libs/clock/clock.js';
import type { Timeline } from '#libs/contracts/ask.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type DeliveredMessage, sourceOf } from '#libs/contracts/mesh-message.js';
import { ownEffectId, uuidV7 } from '#libs/contracts/message-id.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import { settleReply, takeReply } from '#libs/contracts/ask-inbox.js';
import { type AskReply, askFor, askGuard } from '#libs/nats/ask-client.js';
import { EventsFollower } from '#libs/nats/events-follower.js';
import { InboxConsumer } from '#libs/nats/inbox-consumer.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { personOf } from './guard-builders.js';
import { type FormContext, forms, maria } from './guard-forms.js';
import { allow } from './pace.js';
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
  /** Of a service that follows the mesh's events: what came. */
  readonly events: MeshEvent[] = [];
  #inbox: InboxConsumer | undefined;
  #follower: EventsFollower | undefined;

  constructor(
    readonly id: string,
    readonly connection: NatsConnection,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.#publisher = new RoadPublisher(connection);
  }

  /** The message as JSON text, with a new id unless one is given. */
  compose(wanted: Wanted): { readonly id: string; readonly text: string } {
    const isService = this.id.startsWith('svc_');
    const nowMs = this.clock.now().getTime();
    const now = new Date(nowMs).toISOString();
    const person = isService ? '' : personOf(this.id);
    const later = new Date(nowMs + weekMs).toISOString();
    const context = {
      client: wanted.client ?? maria,
      now,
      today: now.slice(0, 10),
      later,
      cites: wanted.cites ?? '',
      person,
    };
    const build = wanted.data ?? forms[wanted.name] ?? {};
    const id =
      wanted.id ??
      (this.id === 'svc_router'
        ? ownEffectId(this.id, randomUUID(), wanted.name)
        : uuidV7(nowMs, randomBytes(10)));
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

  ask<T>(verb: string, payload: unknown, timeoutMs = allow(10_000)): Promise<AskReply<T>> {
    return askGuard<T>(this.connection, verb, payload, timeoutMs);
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
    if (this.#inbox !== undefined) return this;
    this.#inbox = new InboxConsumer(this.connection, {
      inFlight: 256,
      handle: ({ message }) => {
        this.received.push(message as DeliveredMessage);
        return Promise.resolve({ kind: 'ack' });
      },
      onDead: () => Promise.resolve(),
    });
    this.#inbox.start();
    return this;
  }

  /** Follows the mesh's events, from the first. For the services that may. */
  follow(): this {
    if (this.#follower !== undefined) return this;
    this.#follower = new EventsFollower(this.connection, {
      followedTo: () => Promise.resolve(0),
      handle: (event) => {
        this.events.push(event);
        return Promise.resolve();
      },
      onDead: () => Promise.resolve(),
      onTrouble: () => undefined,
    });
    this.#follower.start();
    return this;
  }

  /** Takes one delivery and leaves it in hand, unacknowledged. */
  async pull(): Promise<DeliveredMessage> {
    const { messages } = await askFor(this.connection, 'take', {
      payload: { take: randomUUID(), max: 1, waitMs: 5_000 },
      reply: takeReply,
      timeoutMs: allow(10_000),
    });
    const [first] = messages;
    if (first === undefined) throw new Error(`nothing waits for ${this.id}`);
    return first.message as unknown as DeliveredMessage;
  }

  /** Says that it is done with what it took, until a guard has taken it. */
  async finish(...done: readonly string[]): Promise<void> {
    const { done: had } = await until(`${this.id} is done`, () =>
      askFor(this.connection, 'settle', { payload: { done }, reply: settleReply }),
    );
    if (had.length !== done.length) throw new Error(`${this.id} never had one of these`);
  }

  /** Takes what comes first, and is done with it. */
  async takeNext(): Promise<DeliveredMessage> {
    const message = await this.pull();
    await this.finish(message.id);
    return message;
  }

  /** The delivery of that id, once it has come. */
  delivery(id: string): Promise<DeliveredMessage> {
    return until(`${this.id} has ${id}`, () => this.received.find((message) => message.id === id));
  }

  /** Takes no more, until it collects again. */
  async rest(): Promise<void> {
    await Promise.all([this.#inbox?.stop(), this.#follower?.stop()]);
    this.#inbox = undefined;
    this.#follower = undefined;
  }

  async stop(): Promise<void> {
    await this.rest();
    await this.#publisher.stop();
    await this.connection.close();
  }
}
