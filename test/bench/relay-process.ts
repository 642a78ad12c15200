// The baseline of nats-facts, as a process of its own: consume → publish → ack, stock client, 256 in flight. Told by its parent how many.
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { relayDurable, relaySource, relayTarget } from './relay-account.js';

export interface RelayOrder {
  readonly count: number;
}

const inFlight = 256;
/** On a busy machine an answer may take longer than the client's own five seconds. */
const publishMs = 30_000;

const connection = await connect({
  servers: process.env['NATS_URL'] ?? '',
  user: 'relay',
  pass: process.env['RELAY_PASSWORD'] ?? '',
  name: 'relay',
  noAsyncTraces: true,
});
const js = jetstream(connection);

async function relay({ count }: RelayOrder): Promise<void> {
  const consumer = await js.consumers.get(relaySource.stream, relayDurable);
  const messages = await consumer.consume({ max_messages: inFlight });
  const work = new Set<Promise<void>>();
  let taken = 0;
  for await (const message of messages) {
    const one = js
      .publish(relayTarget.subject, message.data, {
        msgID: `relay.${message.seq}`,
        timeout: publishMs,
      })
      .then(() => message.ack());
    const settled = one.then(() => void work.delete(settled));
    work.add(settled);
    taken += 1;
    if (taken === count) break;
    if (work.size >= inFlight) await Promise.race(work);
  }
  await Promise.all(work);
  await connection.flush();
}

process.on('message', (order) => {
  void relay(order as RelayOrder).then(() => process.send?.('done'));
});
process.on('disconnect', () => void connection.close());
process.send?.('ready');
