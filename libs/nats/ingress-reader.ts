import { randomUUID } from 'node:crypto';
import {
  type Msg,
  type NatsConnection,
  type Subscription,
  createInbox,
  nanos,
} from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { ingressStream } from '#libs/contracts/subjects.js';
import { askJetStream } from './jetstream-api.js';
import { presentConnection } from './present-connection.js';

/** A message as the broker stored it. */
export interface StoredMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Its place in the stream. */
  readonly seq: number;
}

export interface IngressReaderOptions {
  readonly connection: NatsConnection;
  readonly party: string;
  /** Messages at once, at most. */
  readonly batchSize: number;
}

/** How long one pull stays open at the server; one of which nothing is heard for so long and a moment more is lost. */
const pullMs = 3_000;
const lateMs = 2_000;
const answerMs = 2_000;
/** The broker forgets a reading that asks for nothing. */
const forgottenAfterMs = 60_000;
/** Statuses that end a pull as it must end: nothing more, its time is over. */
const lawfulEnds = new Set([404, 408]);

/**
 * Reads what a party has put out, from its first message on and in the stream's order, without acknowledgements: how far it was read is the
 * reader's to remember. Nothing comes twice within one reading. Whatever breaks it (a new connection, a message that was lost on the way, a pull
 * of which nothing is heard, a refusal of the broker) ends it: the next begins at the first again.
 */
export class IngressReader {
  readonly #options: IngressReaderOptions;
  readonly #queue: StoredMessage[] = [];
  #consumer = '';
  #inbox = '';
  #subscription: Subscription | undefined;
  /** Over which connection it reads; undefined: it has not begun, or was broken. */
  #over: string | undefined;
  #nextGiven = 1;
  #outstanding = 0;
  #behind = 0;
  #pulledAt = 0;
  #wake: (() => void) | undefined;
  #isStopped = false;

  constructor(options: IngressReaderOptions) {
    this.#options = options;
  }

  /** False at first, and once a reading is broken: what is on its way is nothing to do with the next. */
  get isReading(): boolean {
    return this.over !== undefined;
  }

  /** Over which connection it reads, while it does. */
  get over(): string | undefined {
    const present = presentConnection(this.#options.connection);
    return this.#over === present ? present : undefined;
  }

  /** Messages that lie in the stream and were not handed out yet, as far as is known. */
  get pending(): number {
    return this.#behind + this.#queue.length;
  }

  /** Begins at the first message. @throws MeshError `broker-unavailable`, `answer-timeout`: ask again */
  async begin(): Promise<void> {
    const { connection, party } = this.#options;
    this.#forget();
    const present = presentConnection(connection);
    if (present === undefined || this.#isStopped)
      throw new MeshError('broker-unavailable', 'there is no connection to the broker');
    const stream = ingressStream(party);
    const name = `read-${randomUUID()}`;
    const config = {
      name,
      ack_policy: 'none',
      deliver_policy: 'all',
      replay_policy: 'instant',
      inactive_threshold: nanos(forgottenAfterMs),
      mem_storage: true,
      num_replicas: 1,
    };
    const { error } = await askJetStream(
      connection,
      `CONSUMER.CREATE.${stream}.${name}`,
      { stream_name: stream, config },
      answerMs,
    );
    if (error !== undefined)
      throw new MeshError(
        'broker-unavailable',
        `${stream} cannot be read now: ${error.description}`,
      );
    if (this.#isStopped) return;
    this.#consumer = name;
    this.#inbox = createInbox('_INBOX_guard');
    this.#nextGiven = 1;
    this.#subscription = connection.subscribe(this.#inbox, {
      callback: (failure, message) => this.#take(failure === null ? message : undefined),
    });
    this.#over = present;
  }

  /** What comes next, at most `batchSize`; empty when none came within a second or so, when the reading is broken, or after `stop()`. */
  async next(): Promise<readonly StoredMessage[]> {
    if (this.#isStopped || !this.isReading) return [];
    this.#pull();
    if (this.#queue.length === 0) await this.#some();
    if (!this.isReading) return [];
    const batch = this.#queue.splice(0, this.#options.batchSize);
    this.#pull();
    return batch;
  }

  /** Reads no more. */
  stop(): void {
    this.#isStopped = true;
    this.#forget();
    this.#wake?.();
  }

  #forget(): void {
    if (!this.#options.connection.isClosed()) this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#queue.length = 0;
    this.#outstanding = 0;
    this.#over = undefined;
  }

  #pull(): void {
    const { connection, batchSize, party } = this.#options;
    if (this.#isStopped || !this.isReading || connection.isClosed()) return;
    if (this.#outstanding > 0 && performance.now() - this.#pulledAt > pullMs + lateMs) {
      this.#over = undefined;
      return;
    }
    if (this.#queue.length >= batchSize || this.#outstanding > 0) return;
    this.#outstanding = batchSize;
    this.#pulledAt = performance.now();
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${ingressStream(party)}.${this.#consumer}`,
      JSON.stringify({ batch: batchSize, expires: nanos(pullMs) }),
      { reply: this.#inbox },
    );
  }

  #take(message: Msg | undefined): void {
    const given = message === undefined ? undefined : placesOf(message);
    if (message === undefined || given === undefined) {
      this.#outstanding = 0;
      if (!lawfulEnds.has(message?.headers?.code ?? 0)) this.#over = undefined;
    } else if (given.consumer === this.#nextGiven) {
      this.#nextGiven += 1;
      this.#outstanding -= 1;
      this.#behind = given.behind;
      this.#queue.push({ subject: message.subject, data: message.data, seq: given.stream });
    } else this.#over = undefined;
    this.#wake?.();
  }

  #some(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, 1_000);
      this.#wake = done;
    });
  }
}

interface Places {
  readonly stream: number;
  readonly consumer: number;
  /** How many lie behind it. */
  readonly behind: number;
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<behind>`; undefined for a status, which has no such reply. */
function placesOf({ reply }: Msg): Places | undefined {
  if (reply?.startsWith('$JS.ACK.') !== true) return undefined;
  const tokens = reply.split('.');
  return { stream: Number(tokens[5]), consumer: Number(tokens[6]), behind: Number(tokens[8]) };
}
