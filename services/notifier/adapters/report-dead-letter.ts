import type { Clock } from '#libs/clock/clock.js';
import { type KeepDead, idOfDelivery } from '#libs/nats/delivery.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import { deadLetterReported } from '../domain/own-message.js';
import type { NotifierDatabase } from './notifier-database.js';

/** A delivery that could not be worked is told to the guard, which keeps what it delivered; the report waits in the outbox until it can go. */
export function reportDeadLetter(db: NotifierDatabase, clock: Clock): KeepDead {
  return async (delivery, code) => {
    const message = idOfDelivery(delivery);
    const cause = message ?? `delivery ${delivery.place}`;
    const report = {
      ...(message === undefined ? {} : { message }),
      stream: 'delivery' as const,
      code,
      deliveries: delivery.deliveries,
    };
    await enqueue(db, [deadLetterReported(report, cause, clock.now())]);
  };
}
