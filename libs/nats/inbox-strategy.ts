import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Delivery, Outcome } from './delivery.js';
import { InboxConsumer, type InboxConsumerOptions } from './inbox-consumer.js';

export type InboxStrategyOptions = Omit<InboxConsumerOptions, 'handle'>;

/** Second argument of a handler (`@Ctx()`). */
export type DeliveryContext = Omit<Delivery, 'message'>;

/**
 * NestJS over the inbox of a party: `@HandlesMessage('<message type>')` gets the parsed message and a `DeliveryContext`. The
 * handler's end decides: done = done; a MeshError = as the table of error codes says; another throwable = again with backoff, dead after
 * eight deliveries; a type that nobody handles is a dead letter. (Nest's own NATS transport is at most once: a failure there is logged and the message is gone.) Bind `RethrowFilter`,
 * or Nest hides what was thrown. Inherits because Nest registers handlers through its `Server`.
 */
export class InboxStrategy extends Server implements CustomTransportStrategy {
  readonly #consumer: InboxConsumer;

  constructor(connection: NatsConnection, options: InboxStrategyOptions) {
    super();
    this.#consumer = new InboxConsumer(connection, {
      ...options,
      handle: (delivery) => this.#dispatch(delivery),
    });
  }

  /** @throws MeshError `config-invalid` for a second handler of one type: Nest would chain both under one acknowledgement. */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    if (typeof pattern !== 'string' || this.messageHandlers.has(this.normalizePattern(pattern)))
      throw new MeshError(
        'config-invalid',
        `a second handler for ${JSON.stringify(pattern)}, or a pattern that is no message type`,
      );
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  listen(callback: () => void): void {
    this.#consumer.start();
    callback();
  }

  /** Waits for work in flight. The connection belongs to whoever made it. */
  async close(): Promise<void> {
    await this.#consumer.stop();
  }

  isHealthy(): boolean {
    return this.#consumer.isHealthy();
  }

  on(): never {
    throw new MeshError('internal', 'the strategy raises no events; ask isHealthy()');
  }

  unwrap(): never {
    throw new MeshError('internal', 'the strategy has no server of its own to show');
  }

  async #dispatch(delivery: Delivery): Promise<Outcome> {
    const { message, ...context } = delivery;
    const type = typeOf(message);
    const handler = this.messageHandlers.get(this.normalizePattern(type));
    if (handler === undefined) throw new MeshError('no-handler', `nobody here handles ${type}`);
    const result: unknown = await handler(message, context);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    return { kind: 'ack' };
  }
}

function typeOf(message: unknown): string {
  const type = (message as { type?: unknown } | null)?.type;
  if (typeof type === 'string') return type;
  throw new MeshError('malformed-message', 'the message has no type', { field: 'type' });
}
