import type { NatsConnection } from '@nats-io/nats-core';
import type { Trimming } from '#libs/nats/trim-ingress.js';
import { presentConnection } from '#libs/nats/present-connection.js';

/** Of a place that is read over the connection of this moment. */
export const trimmingNow = (connection: NatsConnection, party: string): Trimming => ({
  connection,
  party,
  over: presentConnection(connection) ?? '',
});
