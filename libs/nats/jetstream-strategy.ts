import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Delivery, Outcome } from './delivery.js';
import { DeliveryConsumer, type DeliveryConsumerOptions } from './delivery-consumer.js';

export interface JetStreamStrategyOptions extends Omit<DeliveryConsumerOptions, 'handle'> {
  /** A type nobody handles: `dead` for what was sent to this party, `ack` for EVENTS, of which a service needs only some. */
  readonly unknownTypes: 'dead' | 'ack';
}

/** Second argument of a handler (`@Ctx()`). */
export type DeliveryContext = Omit<Delivery, 'data'>;

/**
 * NestJS over a durable JetStream consumer: `@HandlesMessage('<message type>')` gets the parsed message and a `DeliveryContext`. The
 * handler's end decides: done = ack; a MeshError = as the table of error codes says; another throwable = again with backoff, dead after
 * eight deliveries. (Nest's own NATS transport is at most once: a failure there is logged and the message is gone.) Bind `RethrowFilter`,
 * or Nest hides what was thrown. Inherits because Nest registers handlers through its `Server`.
 */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  readonly #consumer: DeliveryConsumer;
  readonly #unknownTypes: 'dead' | 'ack';

  constructor(connection: NatsConnection, options: JetStreamStrategyOptions) {
    super();
    this.#unknownTypes = options.unknownTypes;
    this.#consumer = new DeliveryConsumer(connection, {
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
    const message = parseMessage(delivery.data);
    const handler = this.messageHandlers.get(this.normalizePattern(message.type));
    if (handler === undefined && this.#unknownTypes === 'ack') return { kind: 'ack' };
    if (handler === undefined)
      throw new MeshError('no-handler', `nobody here handles ${message.type}`);
    const { data: _data, ...context } = delivery;
    const result: unknown = await handler(message, context);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    return { kind: 'ack' };
  }
}

function parseMessage(data: Uint8Array): { readonly type: string } {
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (error) {
    throw new MeshError('malformed-json', 'the message is not JSON', { cause: error });
  }
  const type = (message as { type?: unknown } | null)?.type;
  if (typeof type !== 'string')
    throw new MeshError('malformed-message', 'the message has no type', { field: 'type' });
  return message as { readonly type: string };
}
