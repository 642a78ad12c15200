import type { Kysely } from 'kysely';
import type { Clock } from '#libs/clock/clock.js';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { ownEffectId } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { DeadLetterReport } from '#libs/contracts/service-forms.js';
import { type Delivery, idOfDelivery } from '#libs/nats/delivery.js';
import { enqueue } from '#libs/outbox/enqueue.js';
import type { OutboxRelay } from '#libs/outbox/outbox-relay.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { remindersParty } from '../domain/reminder-due.js';
import type { RemindersTables } from './reminders-tables.js';

export interface DeadLettersOptions {
  readonly db: Kysely<RemindersTables>;
  readonly clock: Clock;
  readonly relay: OutboxRelay;
}

/**
 * Reports what could not be worked, over the road; the guard keeps it. @throws MeshError `store-unavailable`: then it comes again.
 */
export function reportDeadLetters(
  { db, clock, relay }: DeadLettersOptions,
  stream: DeadLetterReport['stream'],
) {
  return async (delivery: Delivery, code: MeshErrorCode): Promise<void> => {
    const message = idOfDelivery(delivery);
    const cause = message ?? `${stream}:${delivery.place}`;
    const data: DeadLetterReport = {
      ...(message === undefined ? {} : { message }),
      stream,
      code,
      deliveries: delivery.deliveries,
    };
    const report: MeshEnvelope = {
      specversion: '1.0',
      id: ownEffectId(remindersParty, cause, 'dead-letter', remindersParty),
      source: sourceOf(remindersParty),
      type: typeOf('deadletter.reported'),
      time: clock.now().toISOString(),
      datacontenttype: 'application/json',
      to: 'mesh',
      data: { ...data },
    };
    await enqueue(db, [{ id: report.id, body: Buffer.from(JSON.stringify(report)) }]).catch(
      (error: unknown) => {
        throw toStoreError(error);
      },
    );
    relay.wake();
  };
}
