import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { errorRules } from '#libs/contracts/error-codes.js';
import { effectId } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { retryDelayMs } from '#libs/nats/retry-delay.js';
import type { BatchProcessor } from './batch.processor.js';
import type { DeadLetterDesk } from './dead-letter.desk.js';
import { IngressPuller, type PulledMessage } from './ingress.puller.js';

export interface IngressWorkerParts {
  readonly connection: NatsConnection;
  readonly processor: BatchProcessor;
  readonly deadLetters: DeadLetterDesk;
  readonly log: Logger;
  readonly batchSize: number;
  /** Asked before each batch: is this party still ours? */
  readonly isHeld: (party: string) => boolean;
}

/** After so many deliveries a message that fails alone is poison: it goes to the dead letters and the road is free for the next. */
const poisonAfter = 5;

/**
 * Works one party's ingress, one batch after another, so that the party's own order is kept. A batch that fails is tried again one message
 * at a time: what passes (a store that restarts) is given back and comes again; what fails alone again and again is kept as a dead letter.
 */
export class IngressWorker {
  private readonly puller: IngressPuller;
  private readonly loop: Promise<void>;
  private isStopped = false;

  constructor(
    readonly party: string,
    private readonly parts: IngressWorkerParts,
  ) {
    this.puller = new IngressPuller(parts.connection, party, parts.batchSize);
    this.loop = this.run();
  }

  /** Takes no further batch and waits for the one in hand. Idempotent. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.puller.stop();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const batch = await this.puller.next();
      if (batch.length === 0) continue;
      if (this.parts.isHeld(this.party)) await this.work(batch);
      else for (const message of batch) message.nak(0);
    }
  }

  private async work(batch: readonly PulledMessage[]): Promise<void> {
    const { processor, deadLetters, log } = this.parts;
    try {
      const redrives = await processor.process(batch);
      for (const message of batch) message.ack();
      for (const letter of redrives) await deadLetters.redrive(letter);
    } catch (error) {
      log.warn({ err: error, party: this.party, messages: batch.length }, 'a batch comes again');
      if (batch.length > 1 && !isPassing(error)) return this.oneByOne(batch);
      await this.giveBack(batch, error);
    }
  }

  private async oneByOne(batch: readonly PulledMessage[]): Promise<void> {
    for (const [index, message] of batch.entries()) {
      if (this.isStopped) {
        for (const left of batch.slice(index)) left.nak(0);
        return;
      }
      await this.work([message]);
    }
  }

  /** In order: nothing behind a message that must come again is worked before it, within this process. */
  private async giveBack(batch: readonly PulledMessage[], error: unknown): Promise<void> {
    const [first] = batch;
    if (batch.length === 1 && first !== undefined && first.deliveries >= poisonAfter && !isPassing(error)) {
      const id = effectId(`${first.subject}\n${Buffer.from(first.data).toString('base64')}`, 'dead-letter');
      const letter = {
        id,
        party: this.party,
        message: undefined,
        code: 'internal',
        field: undefined,
        detail: 'the guard could not work this message',
      };
      await this.parts.deadLetters.keep({ ...letter, body: first.data }).then(
        () => first.ack(),
        () => first.nak(retryDelayMs(first.deliveries)),
      );
      return;
    }
    const delayMs = isPassing(error) ? 500 : retryDelayMs(first?.deliveries ?? 1);
    for (const message of batch) message.nak(delayMs);
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof MeshError && error.code !== 'internal' && errorRules[error.code].jetStream === 'nak';
