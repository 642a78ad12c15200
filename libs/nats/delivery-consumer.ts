import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, type ConsumerInfo, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import type { Delivery, Outcome } from './delivery.js';
import { outcomeOfError } from './outcome-of-error.js';
import { retryDelayMs } from './retry-delay.js';
import { StreamOrder } from './stream-order.js';

export interface DeliveryConsumerOptions {
  readonly stream: string;
  readonly durable: string;
  /** As the durable has it; work in hand is prolonged every third of it. */
  readonly ackWaitMs: number;
  /** How many are in hand at once; keep it at or under the durable's `max_ack_pending`. */
  readonly inFlight: number;
  /**
   * One at a time, in the order they come: one that is to come again holds up those behind it, within this process. Across a crash
   * only with `after`. Otherwise: all in hand at once.
   */
  readonly isOrdered: boolean;
  /**
   * Ordered only, for a durable that gets every message of its stream: the order holds across a crash too. What a killed instance had in
   * hand comes again only after the ack wait, behind newer ones; these are held until it is there. `after` gives the place in the stream up
   * to which everything was handled before (0: nothing known). A gap that lasts longer than the ack wait (aged out, a dead letter) is passed.
   */
  readonly after?: () => Promise<number>;
  /** A throw counts as the outcome that the table of error codes gives it. */
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
  /** Keeps a dead letter with its reason. When it fails the message comes again: nothing is dropped unrecorded. */
  readonly onDead: (delivery: Delivery, code: MeshErrorCode, reason: string) => Promise<void>;
  /** For the log: pulls that failed, handlers that threw. */
  readonly onTrouble?: (error: unknown) => void;
}

/** How long one pull stays open at the server: also the longest that `stop()` waits for it. The client's least. */
const pullMs = 1_000;
/** Without a pull that ended for so long, the consumer counts as unhealthy: the broker is away, or the right to pull. */
const silenceMs = 5_000;

/** Even with many held for a gap, room is left to pull what fills it. */
const leastRoom = 16;

interface InHand {
  readonly message: JsMsg;
  /** Which start of the broker gave it. */
  readonly broker: string | undefined;
  /** Attempts made here without giving the message back; ordered only. */
  retries: number;
}

/**
 * Works a durable consumer that it binds to without looking it up (a party may not). A loop of pulls that are let run out and never cut
 * off: cut, they would leave messages that nobody holds and that come again only after a whole ack wait. The loop never ends by itself: a
 * pull that fails (broker away, right withdrawn, consumer gone) is followed by another, with backoff.
 *
 *     pull ─▶ in hand ─▶ handle ─┬─ ack
 *               ▲  │ working()   ├─ nak(delay)    ordered: kept, and handled again after the delay
 *               └──┘             └─ onDead, then term
 *
 * What an earlier start of the broker gave is worked and not answered: it comes again.
 */
export class DeliveryConsumer {
  readonly #connection: NatsConnection;
  readonly #options: DeliveryConsumerOptions;
  readonly #inHand = new Set<InHand>();
  readonly #order: StreamOrder<JsMsg> | undefined;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  readonly #waiting: (() => void)[] = [];
  #heartbeat: NodeJS.Timeout | undefined;
  #chain: Promise<void> = Promise.resolve();
  #pullingSince: number | undefined;
  #failedPulls = 0;
  #areDeadLettersRefused = false;

  constructor(connection: NatsConnection, options: DeliveryConsumerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#order =
      options.after === undefined ? undefined : new StreamOrder<JsMsg>(options.ackWaitMs + 1_000);
  }

  start(): void {
    if (this.#stopping.signal.aborted) return;
    this.#loop ??= this.#run();
  }

  /** False while stopped or not started, cut off from the broker for some seconds, unable to pull, or when dead letters are refused. */
  isHealthy(): boolean {
    const isSilent =
      this.#pullingSince !== undefined && performance.now() - this.#pullingSince > silenceMs;
    const isRunning = this.#loop !== undefined && !this.#stopping.signal.aborted;
    return (
      isRunning &&
      !isSilent &&
      this.#failedPulls < 3 &&
      !this.#areDeadLettersRefused &&
      !this.#connection.isClosed()
    );
  }

  /**
   * Pulls no more, gives back what was not begun, waits for what was. What is not done by the deadline is left: the broker gives it to
   * another after the ack wait.
   */
  async stop(deadlineMs = 8_000): Promise<void> {
    this.#stopping.abort();
    const end = new AbortController();
    const settled = (async () => {
      await this.#loop;
      for (const message of this.#order?.held() ?? []) message.nak();
      while (this.#inHand.size > 0) await this.#oneDone();
    })();
    await Promise.race([
      settled,
      delay(deadlineMs, undefined, { signal: end.signal }).catch(() => undefined),
    ]);
    end.abort();
    clearInterval(this.#heartbeat);
    if (!this.#connection.isClosed()) await this.#connection.flush().catch(() => undefined);
  }

  async #run(): Promise<void> {
    this.#heartbeat = setInterval(() => {
      if (this.#connection.isClosed()) return;
      for (const { message } of this.#inHand) message.working();
      for (const message of this.#order?.held() ?? []) message.working();
    }, this.#options.ackWaitMs / 3);
    await this.#findPlace();
    while (!this.#stopping.signal.aborted && !this.#connection.isClosed()) {
      for (const message of this.#order?.next() ?? []) this.#hand(message);
      const held = this.#order?.held().length ?? 0;
      const room = Math.max(
        this.#options.inFlight - this.#inHand.size - held,
        held > 0 ? leastRoom : 0,
      );
      // Ordered: the whole batch is done with before the next one, so that what comes again is not overtaken.
      if (room <= 0 || (this.#options.isOrdered && this.#inHand.size > 0)) await this.#oneDone();
      else await this.#pull(room);
    }
  }

  /** Where in the stream to go on. Without the answer nothing is pulled: the order could not be kept. */
  async #findPlace(): Promise<void> {
    const { after } = this.#options;
    if (after === undefined) return;
    while (!this.#stopping.signal.aborted) {
      try {
        this.#order?.startAfter(await after());
        return;
      } catch (error) {
        this.#trouble(error);
        await this.#pause(500);
      }
    }
  }

  async #pull(room: number): Promise<void> {
    const { stream, durable } = this.#options;
    // Only the two names are read of it: a party may not ask for the rest.
    const named = { stream_name: stream, name: durable, config: {} } as unknown as ConsumerInfo;
    // `bind`: after a lost connection it pulls again without asking for what it may not ask.
    const bound = { max_messages: room, expires: pullMs, bind: true };
    this.#pullingSince = performance.now();
    try {
      const consumer = jetstream(this.#connection).consumers.getConsumerFromInfo(named);
      for await (const message of await consumer.fetch(bound)) this.#take(message);
      this.#failedPulls = 0;
    } catch (error) {
      this.#failedPulls += 1;
      this.#trouble(error);
      await this.#pause(Math.min(5_000, 100 * 2 ** this.#failedPulls));
    } finally {
      this.#pullingSince = undefined;
    }
  }

  #take(message: JsMsg): void {
    this.#pullingSince = performance.now();
    if (this.#order === undefined) return this.#hand(message);
    this.#order.add(message);
    for (const next of this.#order.next()) this.#hand(next);
  }

  #hand(message: JsMsg): void {
    const inHand = { message, retries: 0, broker: this.#broker };
    this.#inHand.add(inHand);
    // An answer that cannot be given (connection closed): the broker gives the message again.
    const work = (): Promise<void> =>
      this.#finish(inHand).catch((error: unknown) => this.#trouble(error));
    if (this.#options.isOrdered) this.#chain = this.#chain.then(work);
    else void work();
  }

  async #finish(inHand: InHand): Promise<void> {
    try {
      await this.#work(inHand);
    } finally {
      this.#inHand.delete(inHand);
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  async #work(inHand: InHand): Promise<void> {
    const { message } = inHand;
    for (;;) {
      if (this.#options.isOrdered && this.#stopping.signal.aborted) return message.nak();
      const outcome = await this.#outcome(inHand);
      // Started anew, it may have another message under that number, which an answer would take away unread. This one comes again.
      if (inHand.broker !== this.#broker) return;
      if (outcome.kind === 'ack') return message.ack();
      if (outcome.kind === 'dead') return message.term();
      if (!this.#options.isOrdered || this.#stopping.signal.aborted)
        return message.nak(outcome.delayMs);
      inHand.retries += 1;
      await this.#pause(outcome.delayMs);
    }
  }

  async #outcome(inHand: InHand): Promise<Outcome> {
    const delivery = deliveryOf(inHand);
    const outcome = await this.#options.handle(delivery).catch((error: unknown) => {
      this.#trouble(error);
      return outcomeOfError(error, delivery.deliveries);
    });
    if (outcome.kind !== 'dead') return outcome;
    try {
      await this.#options.onDead(delivery, outcome.code, outcome.reason);
      this.#areDeadLettersRefused = false;
      return outcome;
    } catch (error) {
      this.#areDeadLettersRefused = true;
      this.#trouble(error);
      return { kind: 'nak', delayMs: retryDelayMs(delivery.deliveries) };
    }
  }

  get #broker(): string | undefined {
    return this.#connection.info?.server_id;
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble?.(error);
  }

  #oneDone(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

function deliveryOf({ message, retries }: InHand): Delivery {
  const deliveries = message.info.deliveryCount + retries;
  return {
    subject: message.subject,
    data: message.data,
    seq: message.seq,
    redelivered: deliveries > 1,
    deliveries,
  };
}
