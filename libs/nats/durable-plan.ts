import { AckPolicy, type ConsumerConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import {
  deliveryDurable,
  deliveryStream,
  deliverySubject,
  ingressDurable,
  ingressStream,
} from '#libs/contracts/subjects.js';

/** A durable consumer as it must be: made so by the provisioner, and made so again by whoever mends it. */
export interface DurablePlan {
  readonly stream: string;
  readonly config: Partial<ConsumerConfig> & { readonly durable_name: string };
}

/** Ack waits of the durables, in milliseconds: who consumes must prolong its work within them. */
export const ackWaitsMs = { ingress: 10_000, delivery: 60_000, events: 10_000 } as const;

/** Four batches of the guard's, so that the next are at hand while one is worked. */
const ingressInHand = 4_096;
const deliveriesInHand = 1_024;

/** The guard's hold on what a party sends. */
export const ingressPlan = (party: string): DurablePlan => ({
  stream: ingressStream(party),
  config: durableConfig(ingressDurable, ackWaitsMs.ingress, ingressInHand),
});

/**
 * A party's hold on what is delivered to it; a fence that a withdrawal lays for an instant is nobody's to pull. Kept in the broker's memory
 * alone: from one that was started anew nothing can be pulled until the guard has made it again, and before that has taken out what was taken
 * back before and may lie there again.
 */
export const deliveryPlan = (party: string): DurablePlan => ({
  stream: deliveryStream(party),
  config: {
    ...durableConfig(deliveryDurable, ackWaitsMs.delivery, deliveriesInHand),
    filter_subject: deliverySubject(party),
    mem_storage: true,
  },
});

/** @param maxAckPending messages in hand at most; the broker gives out no more until some are answered */
export const durableConfig = (
  name: string,
  ackWaitMs: number,
  maxAckPending: number,
): DurablePlan['config'] => ({
  durable_name: name,
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(ackWaitMs),
  max_deliver: -1,
  max_ack_pending: maxAckPending,
});
