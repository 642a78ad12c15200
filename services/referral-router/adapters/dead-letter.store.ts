import type { Kysely } from 'kysely';
import type { Clock } from '#libs/clock/clock.js';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import type { DeadLetterReport } from '#libs/contracts/service-forms.js';
import { type Delivery, idOfDelivery } from '#libs/nats/delivery.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { deadLetterMessage } from '../domain/compose-message.js';
import type { RouterTables } from './router-tables.js';

export interface DeadLetterStoreOptions {
  readonly db: Kysely<RouterTables>;
  readonly clock: Clock;
  /** After the commit. */
  readonly onReported: () => void;
}

/** Reports what could not be worked, through the outbox; the guard keeps it among the dead letters. */
export class DeadLetterStore {
  constructor(private readonly options: DeadLetterStoreOptions) {}

  /** @throws MeshError `store-unavailable`: then the message comes again, nothing is dropped unrecorded. */
  async report(
    stream: DeadLetterReport['stream'],
    delivery: Delivery,
    code: MeshErrorCode,
  ): Promise<void> {
    const { db, clock, onReported } = this.options;
    const id = idOfDelivery(delivery);
    const report = {
      ...(id === undefined ? {} : { message: id }),
      stream,
      code,
      deliveries: delivery.deliveries,
    };
    try {
      await enqueue(db, [deadLetterMessage(id ?? String(delivery.place), report, clock.now())]);
    } catch (error) {
      throw toStoreError(error);
    }
    onReported();
  }
}
