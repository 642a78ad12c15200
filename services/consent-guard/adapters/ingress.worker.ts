import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { errorRules } from '#libs/contracts/error-codes.js';
import { effectId } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { IngressReader, type StoredMessage } from '#libs/nats/ingress-reader.js';
import type { BatchProcessor } from './batch.processor.js';
import type { DeadLetterDesk } from './dead-letter.desk.js';
import { type Place, beginReading } from './ingress-place.js';
import { IngressTrimmer } from './ingress.trimmer.js';
import type { Intake } from './read-ingress.js';

export interface IngressWorkerParts {
  readonly connection: NatsConnection;
  readonly pool: Pool;
  readonly processor: BatchProcessor;
  readonly deadLetters: DeadLetterDesk;
  readonly log: Logger;
  readonly batchSize: number;
  /** What was committed longer ago is taken out of the stream. */
  readonly trimAfterMs: number;
  /** Asked before each batch: is this party still ours? */
  readonly isHeld: (party: string) => boolean;
}

/** A message in hand, read. */
interface Taken {
  readonly message: StoredMessage;
  readonly intake: Intake;
}

type Outcome = 'done' | 'passing' | 'failing' | 'overtaken';

/** After so many attempts a message that fails alone is poison: it goes to the dead letters and the road is free for the next. */
const poisonAfter = 5;
/** A store or broker that is away, a lease not proved lately: looked at again after this. */
const passingMs = 250;
/** While there is no connection to the broker, it is looked again after this. */
const reconnectingMs = 50;
const trimEveryMs = 1_000;
/** Doubled with each attempt: 0.2 to 1.6 s, so that poison holds up the road for 3 s and no longer. */
const failingMs = 100;
/** Messages read between two looks at what else has come: half a millisecond's work. */
const readAtOnce = 16;

/**
 * Works one party's ingress, one batch after another, so that the party's own order is kept: what fails stays in hand and is tried again
 * before anything behind it. While one is worked the next is read.
 *
 *     begin at the first ─▶ read ─▶ held? ─▶ judge, commit with the place ─┬─ done ─▶ next
 *         ▲                          ▲                                     ├─ passes (store away, …) ─▶ the same batch again
 *         │                          └─────────────────────────────────────┼─ fails ─▶ one message at a time; one that fails alone
 *         └──── broken, or another reads by now ───────────────────────────┘           again and again ─▶ dead letter
 */
export class IngressWorker {
  private readonly reader: IngressReader;
  private readonly trimmer: IngressTrimmer;
  private readonly loop: Promise<void>;
  private readonly trimming: NodeJS.Timeout;
  private readonly stopping = new AbortController();
  private place: Place | undefined;

  constructor(
    readonly party: string,
    private readonly parts: IngressWorkerParts,
  ) {
    const { connection, batchSize, trimAfterMs, log } = parts;
    this.reader = new IngressReader({ connection, party, batchSize });
    this.trimmer = new IngressTrimmer(connection, party, trimAfterMs);
    this.trimming = setInterval(() => {
      if (parts.isHeld(party))
        this.trimmer
          .trim()
          .catch((error: unknown) => log.warn({ err: error, party }, 'not trimmed now'));
    }, trimEveryMs);
    this.loop = this.run();
  }

  /** Takes no further batch and waits for the one in hand; what was not begun is its next holder's. Idempotent. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.trimming);
    this.reader.stop();
    await this.loop;
  }

  /** Messages that the party has put out and that are not read yet. */
  get pending(): number {
    return this.reader.pending;
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      await this.begin();
      let next = this.readNext();
      while (!this.isStopped && this.reader.isReading && this.place !== undefined) {
        const batch = await next;
        next = this.readNext();
        if (batch.length > 0) await this.work(batch);
      }
      await next;
    }
  }

  /** What is on record is not decided again; what another guard still has in hand, it cannot commit any more. */
  private async begin(): Promise<void> {
    const { connection, pool, log, isHeld } = this.parts;
    this.place = undefined;
    while (!this.isStopped) {
      if (connection.info === undefined) {
        await this.pause(reconnectingMs);
        continue;
      }
      if (!isHeld(this.party)) {
        await this.pause(passingMs);
        continue;
      }
      try {
        const place = await beginReading(pool, this.party);
        await this.reader.begin();
        this.trimmer.restart(this.reader.over);
        this.place = place;
        return;
      } catch (error) {
        log.warn({ err: error, party: this.party }, 'the ingress cannot be read now');
        await this.pause(passingMs);
      }
    }
  }

  private async readNext(): Promise<readonly Taken[]> {
    const messages = await this.reader.next();
    const taken: Taken[] = [];
    for (let start = 0; start < messages.length; start += readAtOnce) {
      await nextTurn();
      for (const message of messages.slice(start, start + readAtOnce))
        taken.push({ message, intake: this.parts.processor.read(message) });
    }
    return taken;
  }

  private async work(batch: readonly Taken[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.attempt(batch);
      if (outcome === 'done' || this.isStopped) return;
      if (outcome === 'overtaken') {
        this.place = undefined;
        return;
      }
      if (outcome === 'failing' && batch.length > 1) return this.oneByOne(batch);
      if (outcome === 'failing' && attempt >= poisonAfter && (await this.keepDead(batch))) return;
      await this.pause(outcome === 'passing' ? passingMs : failingMs * 2 ** attempt);
    }
  }

  private async oneByOne(batch: readonly Taken[]): Promise<void> {
    for (const each of batch) if (this.place !== undefined) await this.work([each]);
  }

  private async attempt(batch: readonly Taken[]): Promise<Outcome> {
    const { processor, deadLetters, log, isHeld } = this.parts;
    const { place } = this;
    if (this.isStopped || place === undefined || !isHeld(this.party)) return 'overtaken';
    const to = batch.at(-1)?.message.seq ?? place.seq;
    try {
      const intakes = batch.map(({ intake }) => intake);
      const redrives = await processor.process(intakes, { ...place, to });
      this.committed(place, to);
      for (const letter of redrives) await deadLetters.redrive(letter);
      return 'done';
    } catch (error) {
      log.warn({ err: error, party: this.party, messages: batch.length }, 'a batch is tried again');
      if (error instanceof MeshError && error.code === 'lease-lost') return 'overtaken';
      return isPassing(error) ? 'passing' : 'failing';
    }
  }

  private committed(place: Place, to: number): void {
    this.place = { ...place, seq: to };
    this.trimmer.note(to);
  }

  private async keepDead([taken]: readonly Taken[]): Promise<boolean> {
    const { place } = this;
    if (taken === undefined || place === undefined) return true;
    const { message, intake } = taken;
    const letter = {
      id: effectId(
        `${message.subject}\n${Buffer.from(message.data).toString('base64')}`,
        'dead-letter',
      ),
      party: this.party,
      message: intake.ok ? intake.incoming.read.envelope.id : undefined,
      code: 'internal',
      field: undefined,
      detail: 'the guard could not work this message',
      body: message.data,
    };
    return this.parts.deadLetters.keep(letter, { ...place, to: message.seq }).then(
      () => {
        this.committed(place, message.seq);
        return true;
      },
      () => false,
    );
  }

  private async pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof MeshError &&
  error.code !== 'internal' &&
  errorRules[error.code].message === 'nak';
