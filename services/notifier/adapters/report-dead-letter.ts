import type { Clock } from '#libs/clock/clock.js';
import type { DeliveryConsumerOptions } from '#libs/nats/delivery-consumer.js';
import type { Delivery } from '#libs/nats/delivery.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import { deadLetterReported } from '../domain/own-message.js';
import type { NotifierDatabase } from './notifier-database.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A delivery that could not be worked is told to the guard, which keeps what it delivered; the report waits in the outbox until it can go. */
export function reportDeadLetter(
  db: NotifierDatabase,
  clock: Clock,
): DeliveryConsumerOptions['onDead'] {
  return async (delivery, code) => {
    const message = idOf(delivery);
    const cause = message ?? `delivery ${delivery.seq}`;
    const report = {
      ...(message === undefined ? {} : { message }),
      stream: 'delivery' as const,
      code,
      deliveries: delivery.deliveries,
    };
    await enqueue(db, [deadLetterReported(report, cause, clock.now())]);
  };
}

function idOf({ data }: Delivery): string | undefined {
  try {
    const { id } = JSON.parse(new TextDecoder().decode(data)) as { id?: unknown };
    return typeof id === 'string' && uuid.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
