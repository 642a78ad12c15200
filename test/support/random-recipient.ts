import { setTimeout as delay } from 'node:timers/promises';
import { type Msg, type NatsConnection, createInbox } from '@nats-io/nats-core';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { deliveryDurable, deliveryStream } from '#libs/contracts/subjects.js';

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
    private readonly party: string,
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

  /** What is there now, at most so many; the server says when there is no more. */
  private async pull(batch: number): Promise<void> {
    const inbox = createInbox();
    const pulledAt = performance.now();
    let taken = 0;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        subscription.unsubscribe();
        resolve();
      };
      const timer = setTimeout(end, 2_000);
      const subscription = this.connection.subscribe(inbox, {
        callback: (_error, message) => {
          if (message.reply?.startsWith('$JS.ACK.') !== true) return end();
          this.take(message, pulledAt);
          taken += 1;
          if (taken === batch) end();
        },
      });
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${deliveryStream(this.party)}.${deliveryDurable}`;
      this.connection.publish(subject, JSON.stringify({ batch, no_wait: true }), { reply: inbox });
    });
  }

  private take(message: Msg, pulledAt: number): void {
    const { id, leftout: isInPart = false } = message.json<DeliveredMessage>();
    const before = this.arrivals.get(id);
    this.arrivals.set(id, {
      pulledAt,
      arrivedAt: performance.now(),
      ...before,
      lastPulledAt: pulledAt,
      wasWhole: before?.wasWhole === true || !isInPart,
      wasInPart: before?.wasInPart === true || isInPart,
    });
    message.respond('+ACK');
  }
}
