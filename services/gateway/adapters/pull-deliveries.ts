import { type Msg, type NatsConnection, createInbox } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { deliveryDurable, deliveryStream } from '#libs/contracts/subjects.js';

export interface Pulled {
  readonly body: Uint8Array;
  readonly ackSubject: string;
}

/** Statuses of a pull (ADR-9): 404 nothing there, 408 time is over, 409 too much in hand already or the consumer moved. */
const noResponders = 503;
/**
 * Longer than this the server does not take for what it has, or for the status that ends a pull. One that says nothing serves nobody: it was
 * started anew, and the guard has not opened the stream yet.
 */
const marginMs = 2_000;

/**
 * One pull from a party's delivery stream. With `waitMs` 0 it gives what is there now, up to `max`; else it waits for one message and
 * `max` is 1. So the broker itself ends every pull, and none is cut off: a pull that is cut off leaves messages that nobody holds and
 * that come again only after a whole ack wait. (The client's own fetch() knows no pull without waiting: its least is a second.)
 *
 * @throws MeshError `broker-unavailable`
 */
export function pullDeliveries(
  connection: NatsConnection,
  party: string,
  pull: { max: number; waitMs: number },
): Promise<Pulled[]> {
  const inbox = createInbox();
  const request =
    pull.waitMs > 0
      ? { batch: 1, expires: pull.waitMs * 1_000_000 }
      : { batch: pull.max, no_wait: true };
  return new Promise((resolve, reject) => {
    const pulled: Pulled[] = [];
    const finish = (error?: MeshError): void => {
      clearTimeout(timer);
      if (!subscription.isClosed()) subscription.unsubscribe();
      if (error === undefined || pulled.length > 0) resolve(pulled);
      else reject(error);
    };
    const timer = setTimeout(() => finish(notServed()), pull.waitMs + marginMs);
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null)
          return finish(
            new MeshError('broker-unavailable', 'the inbox cannot be read', { cause: error }),
          );
        const status = message.headers?.code ?? 0;
        if (status === noResponders) return finish(notServed());
        if (status !== 0 || message.reply === undefined) return finish();
        pulled.push({ body: message.data, ackSubject: message.reply });
        if (pulled.length >= request.batch || pendingAfter(message) === 0) finish();
      },
    });
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${deliveryStream(party)}.${deliveryDurable}`,
      JSON.stringify(request),
      { reply: inbox },
    );
  });
}

const notServed = (): MeshError =>
  new MeshError('broker-unavailable', 'nobody serves the inbox at present');

/** How many the consumer has left: the last token of the acknowledgement's subject. A pull without waiting ends there without a status. */
const pendingAfter = (message: Msg): number => Number(message.reply?.split('.').at(-1));
