import {
  createInbox,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/nats-core';
import { outSubject } from '#libs/contracts/subjects.js';
import { MeshError } from '#libs/contracts/mesh-error.js';

export interface RoadPublisherOptions {
  /** The connection's own (see `connectMesh`). Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** Messages sent and not yet acknowledged, at most; further ones wait. Default 256. */
  readonly maxInFlight?: number;
  /** Without an answer for so long, it is sent again. Default 2,000. */
  readonly timeoutMs?: number;
  /** After so long without success, `broker-unavailable`. Default 15,000. */
  readonly giveUpMs?: number;
}

/** Where the message lies: its place in the stream, and whether the stream had it already (same id within its window). */
export interface PublishedMessage {
  readonly seq: number;
  readonly duplicate: boolean;
}

interface Pending {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly id: string;
  readonly giveUpAt: number;
  readonly deadline: number;
  readonly resolve: (published: PublishedMessage) => void;
  readonly reject: (error: MeshError) => void;
  attempts: number;
  /** When to send again, on the clock of `performance.now()`. */
  retryAt: number;
}

interface PubAck {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: {
    readonly code: number;
    readonly err_code: number;
    readonly description: string;
  };
}

/** JSStreamStoreFailed (here: discard-new and no room) and JSStreamMessageExceedsMaximum, of the server's errors.json. */
const storeFailedCode = 10_077;
const tooLargeCode = 10_054;
const sweepEveryMs = 50;
/** Room for subject, reply and headers under the server's `max_payload`. */
const headerBytes = 512;

/**
 * Puts messages on a stream and waits for the stream's acknowledgement, many in flight over one inbox; a party needs no right to any
 * JetStream interface for it. What gets no answer, or 503, is sent again with the same `Nats-Msg-Id` (the only header), so that a stream
 * stores it once within its window. With more than one in flight a repeat may overtake: who needs an order awaits each.
 */
export class RoadPublisher {
  readonly #connection: NatsConnection;
  readonly #options: Required<Omit<RoadPublisherOptions, 'inboxPrefix'>>;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #pending = new Map<string, Pending>();
  readonly #waiting: (() => void)[] = [];
  readonly #drained: (() => void)[] = [];
  #next = 0;
  #sweep: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(connection: NatsConnection, options: RoadPublisherOptions = {}) {
    this.#connection = connection;
    this.#options = {
      maxInFlight: options.maxInFlight ?? 256,
      timeoutMs: options.timeoutMs ?? 2_000,
      giveUpMs: options.giveUpMs ?? 15_000,
    };
    this.#inbox = createInbox(options.inboxPrefix);
    this.#subscription = connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#onAnswer(message);
      },
    });
  }

  /**
   * @param id the `Nats-Msg-Id`: the same for the same message, whoever sends it and how often
   * @param subject default `out.msg`, the one subject a party sends on
   * @param deadline on the clock of `performance.now()`, which goes on while a process is stopped: asked right before each attempt
   * @throws MeshError `mailbox-full` (the stream has no room; the id is not used up) · `payload-too-large` · `broker-unavailable` (no
   *   acknowledgement: the message may or may not be stored; send it again with the same id) · `lease-lost` (past its deadline: the same) ·
   *   `internal` (the stream refuses it)
   */
  async publish(
    body: Uint8Array,
    id: string,
    subject: string = outSubject,
    deadline = Infinity,
  ): Promise<PublishedMessage> {
    if (this.#isStopped) throw new MeshError('broker-unavailable', 'the publisher is stopped');
    const room = (this.#connection.info?.max_payload ?? Infinity) - headerBytes;
    // The server cuts the whole connection of one who sends more than it takes.
    if (body.length > room)
      throw new MeshError('payload-too-large', `the message must be at most ${room} bytes`);
    while (this.#pending.size >= this.#options.maxInFlight)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return new Promise((resolve, reject) => {
      const now = performance.now();
      const giveUpAt = now + this.#options.giveUpMs;
      const pending: Pending = {
        subject,
        body,
        id,
        resolve,
        reject,
        giveUpAt,
        deadline,
        attempts: 0,
        retryAt: 0,
      };
      const token = String(this.#next++);
      this.#pending.set(token, pending);
      this.#sweep ??= setInterval(() => this.#sendOverdue(), sweepEveryMs);
      this.#send(token, pending, now);
    });
  }

  /** How many are on their way. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /** Takes no more, waits for what is on its way (each ends within `giveUpMs`), lets go of the inbox. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
    if (!this.#connection.isClosed() && !this.#subscription.isClosed())
      this.#subscription.unsubscribe();
  }

  #send(token: string, pending: Pending, now: number): void {
    if (performance.now() > pending.deadline)
      return this.#settle(
        token,
        pending,
        new MeshError('lease-lost', 'the message is too old to be sent'),
      );
    pending.attempts += 1;
    pending.retryAt = now + this.#options.timeoutMs;
    const header = headers();
    header.set('Nats-Msg-Id', pending.id);
    try {
      this.#connection.publish(pending.subject, pending.body, {
        reply: `${this.#inbox}.${token}`,
        headers: header,
      });
    } catch (error) {
      this.#settle(
        token,
        pending,
        new MeshError('broker-unavailable', 'the connection to the broker is closed', {
          cause: error,
        }),
      );
    }
  }

  #onAnswer(message: Msg): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    // An answer to an attempt that was sent again, and answered, before.
    if (pending === undefined) return;
    const answer = readAnswer(message);
    if (answer === 'again')
      pending.retryAt = performance.now() + Math.min(2_000, 100 * 2 ** (pending.attempts - 1));
    else this.#settle(token, pending, answer);
  }

  #sendOverdue(): void {
    const now = performance.now();
    for (const [token, pending] of this.#pending) {
      if (now >= pending.giveUpAt)
        this.#settle(
          token,
          pending,
          new MeshError(
            'broker-unavailable',
            `no acknowledgement after ${pending.attempts} attempts`,
          ),
        );
      else if (now >= pending.retryAt) this.#send(token, pending, now);
    }
  }

  #settle(token: string, pending: Pending, result: PublishedMessage | MeshError): void {
    this.#pending.delete(token);
    if (result instanceof MeshError) pending.reject(result);
    else pending.resolve(result);
    const next = this.#waiting.shift();
    next?.();
    if (this.#pending.size > 0 || next !== undefined) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

function readAnswer(message: Msg): PublishedMessage | MeshError | 'again' {
  // No responders: the stream or the import is not there (yet); during a reload of the broker this passes.
  if (message.headers?.code === 503) return 'again';
  let ack: PubAck;
  try {
    ack = message.json<PubAck>();
  } catch (error) {
    return new MeshError('internal', 'the acknowledgement is not JSON', { cause: error });
  }
  if (ack.error === undefined && ack.seq !== undefined)
    return { seq: ack.seq, duplicate: ack.duplicate === true };
  if (ack.error?.err_code === storeFailedCode)
    return new MeshError('mailbox-full', 'the stream has no room for the message');
  if (ack.error?.err_code === tooLargeCode)
    return new MeshError('payload-too-large', 'the message is larger than the stream takes');
  if (ack.error?.code === 503) return 'again';
  return new MeshError(
    'internal',
    `the stream refuses the message: ${ack.error?.err_code ?? 'no reason given'}`,
  );
}
