import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { ingressStream } from '#libs/contracts/subjects.js';
import { deliveryPlan, ingressPlan } from '#libs/nats/durable-plan.js';
import { mendDurable } from '#libs/nats/mend-durable.js';
import { presentConnection } from '#libs/nats/present-connection.js';
import type { DeliveryOpening } from './delivery-opening.js';
import { RepeatingWork } from './repeating-work.js';

export interface RoadWatchParts {
  readonly connection: NatsConnection;
  readonly log: Logger;
  readonly opening: DeliveryOpening;
  /** Whose streams are this instance's to watch. */
  readonly parties: () => Promise<readonly string[]>;
}

/** What shows only later (what was in hand when the broker was killed must first be answered) is found within so long. */
const everyMs = 60_000;
/** A new connection is seen after so long at most; what could not be looked at is tried again after `againMs`. */
const watchMs = 1_000;
const againMs = 5_000;
const failure = 'how a party’s streams stand cannot be looked at now';

/**
 * Gives a party back its durables after the broker was started anew: the one that takes what it sends where it stands ahead of its stream
 * (`mendDurable`), the one that gives it what waits always (`DeliveryOpening`). When the party's lease is taken and on each new connection,
 * before anything is taken from it (`IngressWorker`), and once a minute; those of parties that nobody works with them.
 */
export class RoadWatch {
  private readonly work: RepeatingWork;
  private readonly underWay = new Map<string, Promise<void>>();
  private isStopped = false;
  private lookedAt: string | undefined;
  private dueAt = 0;

  constructor(private readonly parts: RoadWatchParts) {
    this.work = new RepeatingWork({
      everyMs: watchMs,
      log: parts.log,
      failure,
      run: () => this.mendAll(),
    });
  }

  start(): void {
    this.work.start();
  }

  stop(): Promise<void> {
    this.isStopped = true;
    return this.work.stop();
  }

  /** Both durables of a party; asked twice at once, they are looked at once. @throws MeshError `broker-unavailable`, `answer-timeout`: ask again */
  mend(party: string): Promise<void> {
    const known = this.underWay.get(party);
    if (known !== undefined) return known;
    const mending = this.mendNow(party).finally(() => this.underWay.delete(party));
    this.underWay.set(party, mending);
    return mending;
  }

  private async mendNow(party: string): Promise<void> {
    const { connection, log, opening } = this.parts;
    if (await mendDurable(connection, ingressPlan(party)))
      log.warn(
        { event: 'durable-mended', stream: ingressStream(party) },
        'the broker had lost count of a stream; its durable begins anew',
      );
    if (await mendDurable(connection, deliveryPlan(party), () => opening.prepare(party)))
      log.info({ event: 'delivery-opened', party }, 'what waits for a party can be pulled');
  }

  private async mendAll(): Promise<void> {
    const { connection, parties, log } = this.parts;
    const present = presentConnection(connection);
    if (present === undefined || (present === this.lookedAt && performance.now() < this.dueAt))
      return;
    let isWhole = true;
    for (const party of await parties()) {
      if (this.isStopped || connection.isClosed()) return;
      await this.mend(party).catch((error: unknown) => {
        isWhole = false;
        log.warn({ err: error, party }, failure);
      });
    }
    if (isWhole && present !== this.lookedAt)
      log.info({ event: 'roads-looked-at' }, 'the streams of all parties were looked at');
    this.lookedAt = present;
    this.dueAt = performance.now() + (isWhole ? everyMs : againMs);
  }
}
