import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { settleReply, takeReply } from '#libs/contracts/ask-inbox.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { askFor } from './ask-client.js';
import type { Delivery, KeepDead, Outcome } from './delivery.js';
import { outcomeOfError } from './outcome-of-error.js';
import { retryDelayMs } from './retry-delay.js';

export interface InboxConsumerOptions {
  /** How many are in hand at once. */
  readonly inFlight: number;
  /** A throw counts as the outcome that the table of error codes gives it. */
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
  readonly onDead: KeepDead;
  /** For the log: takes that failed, handlers that threw. */
  readonly onTrouble?: (error: unknown) => void;
}

/** How long a take waits at the guard: also the longest that `stop()` waits for it. */
const waitMs = 1_000;
/** A guard that is gone is missed for so long: through an import the broker does not say that nobody is there (2.9.10). */
const answerMs = 2_500;
/** Without an answer for so long, the consumer counts as unhealthy: guard or broker are away. */
const silenceMs = 8_000;
/** Several ends are told together. */
const settleAfterMs = 5;
/** Of each kind; the guard takes no more in one question. */
const atOnce = 512;

interface Ends {
  readonly done: string[];
  readonly again: { id: string; afterMs: number }[];
}

/**
 * Takes what was cleared to this party, and tells what is done. The guard keeps the order within a case; of different cases all that fits is in hand
 * at once. It never ends by itself: a take that fails is followed by another, with backoff.
 *
 *     take ─▶ in hand ─▶ handle ─┬─ done
 *                                ├─ again, after a delay
 *                                └─ onDead, then done
 */
export class InboxConsumer {
  readonly #connection: NatsConnection;
  readonly #options: InboxConsumerOptions;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #ends: Ends = { done: [], again: [] };
  #loop: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #answeredAt = performance.now();
  #failures = 0;
  /** Asked again under the same id until it is answered: else what an answer that was lost had given would wait until its time is over. */
  #takeId = randomUUID();
  #areDeadLettersRefused = false;

  constructor(connection: NatsConnection, options: InboxConsumerOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#answeredAt = performance.now();
    this.#loop ??= this.#run();
  }

  /** False while stopped or not started, cut off from the guard for some seconds, or when dead letters are refused. */
  isHealthy(): boolean {
    return (
      this.#loop !== undefined &&
      !this.#isStopped &&
      performance.now() - this.#answeredAt < silenceMs &&
      !this.#areDeadLettersRefused &&
      !this.#connection.isClosed()
    );
  }

  /** Takes no more, finishes what is in hand and tells it. What is not done by the deadline is given again when its time is over. */
  async stop(deadlineMs = 8_000): Promise<void> {
    this.#stopping.abort();
    const end = new AbortController();
    const settled = (async () => {
      await this.#loop;
      await Promise.all(this.#underWay);
      await this.#settling;
    })();
    await Promise.race([
      settled,
      delay(deadlineMs, undefined, { signal: end.signal }).catch(() => undefined),
    ]);
    end.abort();
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped && !this.#connection.isClosed()) {
      const room = this.#options.inFlight - this.#underWay.size;
      if (room > 0) await this.#take(room);
      else await Promise.race(this.#underWay);
    }
  }

  async #take(room: number): Promise<void> {
    try {
      const payload = { take: this.#takeId, max: room, waitMs };
      const timeoutMs = waitMs + answerMs;
      const { messages } = await askFor(this.#connection, 'take', {
        payload,
        reply: takeReply,
        timeoutMs,
      });
      this.#answeredAt = performance.now();
      this.#failures = 0;
      this.#takeId = randomUUID();
      for (const { message, place, given } of messages)
        this.#begin(message.id, { message, place, deliveries: given });
    } catch (error) {
      if (this.#isStopped) return;
      this.#failures += 1;
      this.#trouble(error);
      await this.#pause(Math.min(2_000, 100 * 2 ** this.#failures));
    }
  }

  #begin(id: string, delivery: Delivery): void {
    // Begun before the stop was asked for, or given while it was: it comes again at once.
    if (this.#isStopped) return this.#end({ again: { id, afterMs: 0 } });
    const work: Promise<void> = this.#outcome(delivery)
      .then((outcome) => {
        if (outcome.kind === 'nak') this.#end({ again: { id, afterMs: outcome.delayMs } });
        else this.#end({ done: id });
        return undefined;
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async #outcome(delivery: Delivery): Promise<Outcome> {
    const { handle, onDead } = this.#options;
    const outcome = await handle(delivery).catch((error: unknown) => {
      this.#trouble(error);
      return outcomeOfError(error, delivery.deliveries);
    });
    if (outcome.kind !== 'dead') return outcome;
    try {
      await onDead(delivery, outcome.code, outcome.reason);
      this.#areDeadLettersRefused = false;
      return outcome;
    } catch (error) {
      this.#areDeadLettersRefused = true;
      this.#trouble(error);
      return { kind: 'nak', delayMs: retryDelayMs(delivery.deliveries) };
    }
  }

  #end({ done, again }: { readonly done?: string; readonly again?: Ends['again'][number] }): void {
    if (done !== undefined) this.#ends.done.push(done);
    if (again !== undefined) this.#ends.again.push(again);
    this.#settling ??= this.#settle().finally(() => (this.#settling = undefined));
  }

  /** Until the guard has taken it: told twice is as good as once. */
  async #settle(): Promise<void> {
    await delay(settleAfterMs);
    for (let failures = 0; this.#ends.done.length + this.#ends.again.length > 0;) {
      const told = {
        done: this.#ends.done.splice(0, atOnce),
        again: this.#ends.again.splice(0, atOnce),
      };
      try {
        await askFor(this.#connection, 'settle', { payload: told, reply: settleReply });
        failures = 0;
      } catch (error) {
        this.#trouble(error);
        // Unknown there, or never to be taken: it is given again when its time is over.
        if (error instanceof MeshError && error.code === 'malformed-message') continue;
        this.#ends.done.push(...told.done);
        this.#ends.again.push(...told.again);
        failures += 1;
        if (this.#connection.isClosed() || (this.#isStopped && failures > 3)) return;
        await delay(Math.min(2_000, 100 * 2 ** failures));
      }
    }
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble?.(error);
  }

  async #pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
