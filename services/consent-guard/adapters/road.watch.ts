import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { deliveryPlan, ingressPlan } from '#libs/nats/durable-plan.js';
import { mendDurable } from '#libs/nats/mend-durable.js';

export interface RoadWatchParts {
  readonly connection: NatsConnection;
  readonly log: Logger;
  /** Whose streams are this instance's to watch. */
  readonly parties: () => readonly string[];
}

/** How often it looks whether the broker is another than before: it goes by another id each time it is started. */
const lookMs = 500;
/** What only shows later (what was in hand at a kill must first be answered) is found within so long. */
const everyMs = 60_000;

/**
 * Gives a party back the durables that a killed broker left standing ahead of their streams (`mendDurable`): when its lease is taken, when
 * the broker was started anew, and once a minute.
 */
export class RoadWatch {
  private readonly stopping = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(private readonly parts: RoadWatchParts) {}

  start(): void {
    this.loop ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    let known = this.broker();
    let nextAt = performance.now() + everyMs;
    while (!this.stopping.signal.aborted) {
      await delay(lookMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      const broker = this.broker();
      const isDue = broker !== known || performance.now() >= nextAt;
      if (isDue && (await this.mendAll())) {
        known = broker;
        nextAt = performance.now() + everyMs;
      }
    }
  }

  private broker(): string | undefined {
    return this.parts.connection.info?.server_id;
  }

  /** @returns whether every party could be looked at; if not, all are again */
  private async mendAll(): Promise<boolean> {
    const { connection, log, parties } = this.parts;
    let isDone = true;
    for (const party of parties()) {
      if (this.stopping.signal.aborted || connection.isClosed()) return false;
      await mendRoad(connection, party, log).catch((error: unknown) => {
        isDone = false;
        log.warn({ err: error, party }, 'how a party’s streams stand cannot be looked at now');
      });
    }
    return isDone;
  }
}

/** Both durables of a party. @throws MeshError `broker-unavailable`, `answer-timeout`: ask again */
export async function mendRoad(connection: NatsConnection, party: string, log: Logger): Promise<void> {
  for (const plan of [ingressPlan(party), deliveryPlan(party)]) {
    if (await mendDurable(connection, plan))
      log.warn({ event: 'durable-mended', stream: plan.stream }, 'the broker had lost count of a stream; its durable begins anew');
  }
}
