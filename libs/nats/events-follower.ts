import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { eventsReply, type NumberedEvent } from '#libs/contracts/ask-inbox.js';
import { type MeshEvent, meshEventSchema } from '#libs/contracts/mesh-event.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { askFor } from './ask-client.js';
import type { KeepDead } from './delivery.js';
import { outcomeOfError } from './outcome-of-error.js';

export interface EventsFollowerOptions {
  /** The number of the last event that was followed; 0: none. Asked at the start only. */
  readonly followedTo: () => Promise<number>;
  /** `number`: to be kept in the transaction of what the event changes. What passes is tried again here, before anything behind it. */
  readonly handle: (event: MeshEvent, number: number) => Promise<void>;
  /** An event that cannot be worked for good holds up none. */
  readonly onDead: KeepDead;
  /** After an answer's last event, for who does not keep the number with each. */
  readonly onFollowed?: (number: number) => Promise<void>;
  /** For the log: questions that failed, handlers that threw. */
  readonly onTrouble: (error: unknown) => void;
}

const atOnce = 256;
/** A guard that is gone is missed for so long: through an import the broker does not say that nobody is there (2.9.10). */
const waitMs = 3_000;
const answerMs = 2_500;
/** Without an answer for so long, the follower counts as unhealthy: guard or broker are away. */
const silenceMs = 2 * (waitMs + answerMs);

/**
 * Follows what the mesh decides, in the order of its numbers, one event after another. What it was told and did not finish it is told again: the
 * place is who follows' own to keep.
 */
export class EventsFollower {
  readonly #connection: NatsConnection;
  readonly #options: EventsFollowerOptions;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #answeredAt = performance.now();
  #after: number | undefined;

  constructor(connection: NatsConnection, options: EventsFollowerOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#answeredAt = performance.now();
    this.#loop ??= this.#run();
  }

  /** False while stopped or not started, and when cut off from the guard for some seconds. */
  isHealthy(): boolean {
    return (
      this.#loop !== undefined &&
      !this.#isStopped &&
      performance.now() - this.#answeredAt < silenceMs &&
      !this.#connection.isClosed()
    );
  }

  /** Reads no more and waits for the event in hand; not for the answer to a question, which changes nothing. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopped && !this.#connection.isClosed();) {
      try {
        this.#after ??= await this.#options.followedTo();
        const events = await this.#ask(this.#after);
        this.#answeredAt = performance.now();
        failures = 0;
        for (const each of events) if (!this.#isStopped) await this.#follow(each);
        if (events.length > 0) await this.#options.onFollowed?.(this.#after);
      } catch (error) {
        if (this.#isStopped) return;
        failures += 1;
        this.#options.onTrouble(error);
        await this.#pause(Math.min(2_000, 50 * 2 ** failures));
      }
    }
  }

  /** Ends with nothing when the follower is stopped; the listener goes with the question, or they would pile up. */
  #ask(after: number): Promise<readonly NumberedEvent[]> {
    const { signal } = this.#stopping;
    if (signal.aborted) return Promise.resolve([]);
    const asked = askFor(this.#connection, 'events', {
      payload: { after, max: atOnce, waitMs },
      reply: eventsReply,
      timeoutMs: waitMs + answerMs,
    });
    return new Promise((resolve, reject) => {
      const onStop = (): void => resolve([]);
      signal.addEventListener('abort', onStop, { once: true });
      asked
        .then(({ events }) => resolve(events), reject)
        .finally(() => signal.removeEventListener('abort', onStop));
    });
  }

  /** Until it is done, or a dead letter. */
  async #follow({ number, event }: NumberedEvent): Promise<void> {
    for (let attempt = 1; !this.#isStopped; attempt += 1) {
      try {
        await this.#options.handle(readEvent(event), number);
        this.#after = number;
        return;
      } catch (error) {
        this.#options.onTrouble(error);
        const outcome = outcomeOfError(error, attempt);
        if (outcome.kind === 'dead') {
          const delivery = { message: event, place: number, deliveries: attempt };
          await this.#options.onDead(delivery, outcome.code, outcome.reason);
        }
        if (outcome.kind !== 'nak') {
          this.#after = number;
          return;
        }
        await this.#pause(outcome.delayMs);
      }
    }
  }

  async #pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

function readEvent(event: unknown): MeshEvent {
  const parsed = meshEventSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new MeshError('malformed-message', `the event is not one of this mesh: ${field}`, {
    field,
  });
}
