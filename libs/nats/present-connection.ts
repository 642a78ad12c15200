import type { NatsConnection } from '@nats-io/nats-core';

/**
 * Which start of the broker a connection leads to, and as which of its clients: another after every reconnection, undefined while there is none.
 * What was asked or taken over one says nothing of the next.
 */
export const presentConnection = ({ info }: NatsConnection): string | undefined =>
  info === undefined ? undefined : `${info.server_id}/${info.client_id}`;
