import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { errorRules } from '#libs/contracts/error-codes.js';
import { effectId } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { BatchProcessor } from './batch.processor.js';
import type { DeadLetterDesk } from './dead-letter.desk.js';
import { IngressPuller, type PulledMessage } from './ingress.puller.js';
import type { Intake } from './read-ingress.js';

export interface IngressWorkerParts {
  readonly connection: NatsConnection;
  readonly processor: BatchProcessor;
  readonly deadLetters: DeadLetterDesk;
  readonly log: Logger;
  readonly batchSize: number;
  /** Asked before each batch: is this party still ours? */
  readonly isHeld: (party: string) => boolean;
}

/** A message in hand, read. */
interface Taken {
  readonly message: PulledMessage;
  readonly intake: Intake;
}

/** After so many attempts a message that fails alone is poison: it goes to the dead letters and the road is free for the next. */
const poisonAfter = 5;
/** A store or broker that is away, a lease not proved lately: looked at again after this. */
const passingMs = 250;
/** Doubled with each attempt: 0.2 to 1.6 s, so that poison holds up the road for 3 s and no longer. */
const failingMs = 100;
/** Messages read between two looks at what else has come: half a millisecond's work. */
const readAtOnce = 16;

/**
 * Works one party's ingress, one batch after another, so that the party's own order is kept: what fails stays in hand and is tried again
 * before anything behind it. While a batch is with the database the next one is read already (its shape only: what it may do is judged when
 * its turn comes).
 *
 *     pull ─▶ read ─▶ held? ─▶ process ─┬─ done ─▶ ack
 *                      ▲                ├─ passes (store away, …) ─▶ the same batch again
 *                      └────────────────┴─ fails ─▶ one message at a time; one that fails alone again and again ─▶ dead letter
 */
export class IngressWorker {
  private readonly puller: IngressPuller;
  private readonly loop: Promise<void>;
  private readonly stopping = new AbortController();

  constructor(
    readonly party: string,
    private readonly parts: IngressWorkerParts,
  ) {
    this.puller = new IngressPuller(parts.connection, party, parts.batchSize);
    this.loop = this.run();
  }

  /** Takes no further batch, waits for the one in hand and gives back what was not begun. Idempotent. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.puller.stop();
    await this.loop;
    // Given back before the lease is: the next holder must not find what lay behind it first.
    if (!this.parts.connection.isClosed()) await this.parts.connection.flush().catch(() => undefined);
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    await this.takeOver();
    let ahead = this.readNext();
    while (!this.isStopped) {
      const batch = await ahead;
      ahead = this.readNext();
      await this.work(batch);
    }
    giveBack(await ahead);
  }

  /** What the party's last holder had in hand when it was killed comes first, and at once. */
  private async takeOver(): Promise<void> {
    while (!this.isStopped) {
      try {
        return await this.puller.reclaim();
      } catch (error) {
        this.parts.log.warn({ err: error, party: this.party }, 'the ingress cannot be taken over now');
        await this.pause(passingMs);
      }
    }
  }

  private async readNext(): Promise<readonly Taken[]> {
    const messages = await this.puller.next();
    const taken: Taken[] = [];
    for (let start = 0; start < messages.length; start += readAtOnce) {
      await nextTurn();
      for (const message of messages.slice(start, start + readAtOnce)) taken.push({ message, intake: this.parts.processor.read(message) });
    }
    return taken;
  }

  private async work(batch: readonly Taken[]): Promise<void> {
    for (let attempt = 1; batch.length > 0; attempt += 1) {
      if (this.isStopped) return giveBack(batch);
      const outcome = this.parts.isHeld(this.party) ? await this.attempt(batch) : 'passing';
      if (outcome === 'done') return;
      if (outcome === 'failing' && batch.length > 1) return this.oneByOne(batch);
      if (outcome === 'failing' && attempt >= poisonAfter && (await this.keepDead(batch))) return;
      for (const { message } of batch) message.working();
      await this.pause(outcome === 'passing' ? passingMs : failingMs * 2 ** attempt);
    }
  }

  private async oneByOne(batch: readonly Taken[]): Promise<void> {
    for (const each of batch) await this.work([each]);
  }

  private async attempt(batch: readonly Taken[]): Promise<'done' | 'passing' | 'failing'> {
    const { processor, deadLetters, log } = this.parts;
    try {
      const redrives = await processor.process(batch.map(({ intake }) => intake));
      for (const letter of redrives) await deadLetters.redrive(letter);
      for (const { message } of batch) message.ack();
      return 'done';
    } catch (error) {
      log.warn({ err: error, party: this.party, messages: batch.length }, 'a batch is tried again');
      return isPassing(error) ? 'passing' : 'failing';
    }
  }

  private async keepDead([taken]: readonly Taken[]): Promise<boolean> {
    if (taken === undefined) return true;
    const { message, intake } = taken;
    const letter = {
      id: effectId(`${message.subject}\n${Buffer.from(message.data).toString('base64')}`, 'dead-letter'),
      party: this.party,
      message: intake.ok ? intake.incoming.read.envelope.id : undefined,
      code: 'internal',
      field: undefined,
      detail: 'the guard could not work this message',
      body: message.data,
    };
    return this.parts.deadLetters.keep(letter).then(
      () => {
        message.ack();
        return true;
      },
      () => false,
    );
  }

  private async pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function giveBack(batch: readonly Taken[]): void {
  for (const { message } of batch) message.nak();
}

const isPassing = (error: unknown): boolean =>
  error instanceof MeshError && error.code !== 'internal' && errorRules[error.code].jetStream === 'nak';
