// The baseline of nats-facts, as a process of its own: consume → publish → ack, stock client, 256 in flight. Told by its parent how many.
import { jetstream } from '@nats-io/jetstream';
import { deliverySubject, ingressDurable, ingressStream } from '#libs/contracts/subjects.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';

export interface RelayOrder {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

const inFlight = 256;
/** On a busy machine an answer may take longer than the client's own five seconds. */
const publishMs = 30_000;

const connection = await connectMesh({
  url: process.env['NATS_URL'] ?? '',
  seedFile: process.env['NATS_SEED_FILE'] ?? '',
  name: 'relay',
  inboxPrefix: '_INBOX_guard',
});
const js = jetstream(connection);

async function relay({ from, to, count }: RelayOrder): Promise<void> {
  const consumer = await js.consumers.get(ingressStream(from), ingressDurable);
  const messages = await consumer.consume({ max_messages: inFlight });
  const subject = deliverySubject(to);
  const work = new Set<Promise<void>>();
  let taken = 0;
  for await (const message of messages) {
    const one = js
      .publish(subject, message.data, { msgID: `relay.${message.seq}`, timeout: publishMs })
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
