import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { NatsConnection } from '@nats-io/nats-core';
import { takeReply } from '#libs/contracts/ask-inbox.js';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { askFor, askGuard } from '#libs/nats/ask-client.js';

/** When a message first came, and when the pull that brought it was sent: it was given out in between. On `performance.now()`. */
export interface Arrival {
  readonly pulledAt: number;
  readonly arrivedAt: number;
  /** When the pull was sent that brought it last, as it may come again. */
  readonly lastPulledAt: number;
  /** How it came, each time: with all that was sent, or with something left out. */
  readonly wasWhole: boolean;
  readonly wasInPart: boolean;
}

/** A recipient that pulls when it likes and as much as it likes. */
export class RandomRecipient {
  readonly arrivals = new Map<string, Arrival>();
  /** While it is away it pulls nothing more. */
  isAway = false;
  private isStopped = false;
  private readonly loop: Promise<void>;

  constructor(
    private readonly connection: NatsConnection,
    private readonly random: () => number,
  ) {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      if (!this.isAway) await this.pull(1 + Math.floor(this.random() * 40));
      await delay(this.random() * 300);
    }
  }

  /** What is there now, at most so many. A take whose answer is lost is asked again, and gives the same. */
  private async pull(batch: number): Promise<void> {
    const pulledAt = performance.now();
    const { messages } = await askFor(this.connection, 'take', {
      payload: { take: randomUUID(), max: batch },
      reply: takeReply,
      timeoutMs: 2_000,
    }).catch(() => ({ messages: [] }));
    for (const { message } of messages) this.take(message as unknown as DeliveredMessage, pulledAt);
    const done = messages.map(({ message }) => message.id);
    if (done.length > 0)
      await askGuard(this.connection, 'settle', { done }, 2_000).catch(() => undefined);
  }

  private take(message: DeliveredMessage, pulledAt: number): void {
    const { id, leftout: isInPart = false } = message;
    const before = this.arrivals.get(id);
    this.arrivals.set(id, {
      pulledAt,
      arrivedAt: performance.now(),
      ...before,
      lastPulledAt: pulledAt,
      wasWhole: before?.wasWhole === true || !isInPart,
      wasInPart: before?.wasInPart === true || isInPart,
    });
  }
}
