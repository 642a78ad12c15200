import type { NatsConnection } from '@nats-io/nats-core';
import type { Delivery, Outcome } from '#libs/nats/delivery.js';
import { InboxConsumer } from '#libs/nats/inbox-consumer.js';

export interface TestInbox {
  /** What came, in the order in which it came; repeats included. */
  readonly got: Delivery[];
  /** `<id>: <code>: <reason>` */
  readonly dead: string[];
  readonly trouble: unknown[];
  readonly consumer: InboxConsumer;
}

interface Choice {
  readonly handle?: (delivery: Delivery) => Promise<Outcome>;
  readonly inFlight?: number;
  /** Asked before a dead letter is kept; a throw refuses it. */
  readonly onDead?: () => void;
}

export const idOf = ({ message }: Delivery): string => (message as { readonly id: string }).id;

/** A party's inbox at work, with all that came to it. */
export function inboxOf(connection: NatsConnection, choice: Choice = {}): TestInbox {
  const got: Delivery[] = [];
  const dead: string[] = [];
  const trouble: unknown[] = [];
  const consumer = new InboxConsumer(connection, {
    inFlight: choice.inFlight ?? 16,
    handle: (delivery) => {
      got.push(delivery);
      return choice.handle?.(delivery) ?? Promise.resolve({ kind: 'ack' });
    },
    onDead: async (delivery, code, reason) => {
      await Promise.resolve();
      choice.onDead?.();
      dead.push(`${idOf(delivery)}: ${code}: ${reason}`);
    },
    onTrouble: (error) => trouble.push(error),
  });
  consumer.start();
  return { got, dead, trouble, consumer };
}
