import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { deliverySubject } from '#libs/contracts/subjects.js';
import type { Delivery, Outcome } from '#libs/nats/delivery.js';
import { DeliveryConsumer } from '#libs/nats/delivery-consumer.js';
import { deliveryPlan, type DurablePlan } from '#libs/nats/durable-plan.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array): string => new TextDecoder().decode(data);

type Handle = (delivery: Delivery) => Promise<Outcome>;
interface Inbox {
  readonly got: Delivery[];
  readonly dead: string[];
  readonly consumer: DeliveryConsumer;
}

/** A party's inbox, with all that came to it. */
export function inboxOf(
  connection: NatsConnection,
  party: string,
  handle: Handle = () => Promise.resolve({ kind: 'ack' }),
  isOrdered = true,
): Inbox {
  return workOf(connection, deliveryPlan(party), handle, isOrdered);
}

export function workOf(
  connection: NatsConnection,
  { stream, config }: DurablePlan,
  handle: Handle,
  isOrdered = true,
): Inbox {
  const got: Delivery[] = [];
  const dead: string[] = [];
  const consumer = new DeliveryConsumer(connection, {
    stream,
    durable: config.durable_name,
    ackWaitMs: 60_000,
    inFlight: 16,
    isOrdered,
    handle: (delivery) => {
      got.push(delivery);
      return handle(delivery);
    },
    onDead: (delivery, code, reason) => {
      dead.push(`${text(delivery.data)}: ${code}: ${reason}`);
      return Promise.resolve();
    },
  });
  consumer.start();
  return { got, dead, consumer };
}

/** As the guard delivers. */
export async function deliver(
  guard: NatsConnection,
  party: string,
  ...bodies: string[]
): Promise<void> {
  const out = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
  for (const body of bodies)
    await out.publish(bytes(body), `${body}.${party}`, deliverySubject(party));
  await out.stop();
}

export const streamState = async (
  provisioner: NatsConnection,
  name: string,
): Promise<{ messages: number }> => {
  const manager = await jetstreamManager(provisioner);
  const { state } = await manager.streams.info(name);
  return { messages: state.messages };
};
