import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { errorRules } from '#libs/contracts/error-codes.js';
import { effectId } from '#libs/contracts/message-id.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { ingressDurable, ingressStream } from '#libs/contracts/subjects.js';
import { requestJson } from '#libs/nats/ask-client.js';
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

/** After so many attempts a message that fails alone is poison: it goes to the dead letters and the road is free for the next. */
const poisonAfter = 5;
const passingPauseMs = 500;
/** The durable's ack wait (`ackWaitsMs.ingress`), and a little. */
const redeliveryMs = 10_500;

/**
 * Works one party's ingress, one batch after another, so that the party's own order is kept. What fails is tried again here, in its place,
 * never given back behind newer messages: what passes (a store that restarts) is waited for; a batch that fails otherwise is worked one
 * message at a time, and what fails alone again and again is kept as a dead letter.
 */
export class IngressWorker {
  private puller: IngressPuller | undefined;
  private readonly stopping = new AbortController();
  private readonly loop: Promise<void>;

  constructor(
    readonly party: string,
    private readonly parts: IngressWorkerParts,
  ) {
    this.loop = this.run();
  }

  /** Takes no further batch and waits for the one in hand; what is not through goes back first in line. Idempotent. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.puller?.stop();
    await this.loop;
  }

  private async run(): Promise<void> {
    await this.awaitRedelivery();
    if (this.isStopped()) return;
    const puller = new IngressPuller(this.parts.connection, this.party, this.parts.batchSize);
    this.puller = puller;
    while (!this.isStopped()) {
      const batch = await puller.next();
      if (batch.length > 0) await this.work(batch);
    }
  }

  /**
   * What a killed instance had in hand comes again only after the ack wait, and what is newer would overtake it: a referral judged before
   * the consent that covers it. So whoever takes a party over waits until the broker gives the older first.
   */
  private async awaitRedelivery(): Promise<void> {
    const subject = `$JS.API.CONSUMER.INFO.${ingressStream(this.party)}.${ingressDurable}`;
    while (!this.isStopped()) {
      try {
        const info = (await requestJson(this.parts.connection, subject, {})) as { num_ack_pending?: number };
        if ((info.num_ack_pending ?? 0) > 0) await this.pause(redeliveryMs);
        if (info.num_ack_pending !== undefined) return;
      } catch (error) {
        this.parts.log.warn({ err: error, party: this.party }, 'the ingress cannot be seen now');
      }
      await this.pause(passingPauseMs);
    }
  }

  private async work(batch: readonly PulledMessage[]): Promise<void> {
    const { processor, deadLetters, log } = this.parts;
    for (let attempt = 1; !this.isStopped() && this.parts.isHeld(this.party); attempt += 1) {
      try {
        const redrives = await processor.process(batch);
        for (const message of batch) message.ack();
        for (const letter of redrives) await deadLetters.redrive(letter);
        return;
      } catch (error) {
        log.warn({ err: error, party: this.party, messages: batch.length, attempt }, 'a batch is tried again');
        if (isPassing(error)) attempt = 0;
        else if (batch.length > 1) return this.oneByOne(batch);
        else if (attempt >= poisonAfter && (await this.bury(batch))) return;
        await this.pause(passingPauseMs * Math.max(1, attempt));
      }
    }
    for (const message of batch) message.nak(0);
  }

  private async oneByOne(batch: readonly PulledMessage[]): Promise<void> {
    for (const message of batch) await this.work([message]);
  }

  /** Keeps poison with its reason. False when it cannot be kept now: it is tried again, and nothing is dropped unrecorded. */
  private async bury(batch: readonly PulledMessage[]): Promise<boolean> {
    for (const { subject, data } of batch) {
      const id = effectId(`${subject}\n${Buffer.from(data).toString('base64')}`, 'dead-letter');
      const letter = {
        id,
        party: this.party,
        message: undefined,
        code: 'internal',
        field: undefined,
        detail: 'the guard could not work this message',
      };
      const isKept = await this.parts.deadLetters.keep({ ...letter, body: data }).then(
        () => true,
        () => false,
      );
      if (!isKept) return false;
    }
    for (const message of batch) message.ack();
    return true;
  }

  private isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof MeshError && error.code !== 'internal' && errorRules[error.code].jetStream === 'nak';
