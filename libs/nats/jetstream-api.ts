import type { NatsConnection } from '@nats-io/nats-core';
import { requestJson } from './ask-client.js';

/** As the server answers what it will not do; codes of its errors.json. */
export interface ApiError {
  readonly err_code: number;
  readonly description: string;
}

export const consumerNotFound = 10_014;
/** Nothing lies at that sequence. */
export const noMessageFound = 10_037;

/** Of a stream, what it holds: `first_seq` is one past `last_seq` when it is empty. */
export interface StreamState {
  readonly messages: number;
  readonly first_seq: number;
  readonly last_seq: number;
}

/** Of a durable, how far it is: up to `delivered` everything was given out, up to `ack_floor` everything was answered. */
export interface DurableState {
  readonly delivered?: { readonly stream_seq: number };
  readonly ack_floor?: { readonly stream_seq: number };
  readonly config?: { readonly mem_storage?: boolean };
}

/**
 * One question to the broker about its streams, without the client's manager: a service asks only what its rights name.
 *
 * @param verb what follows `$JS.API.`
 * @param timeoutMs default 5,000
 * @throws MeshError `answer-timeout` · `broker-unavailable`; what the server refuses is a value
 */
export async function askJetStream<T>(
  connection: NatsConnection,
  verb: string,
  payload: object = {},
  timeoutMs?: number,
): Promise<Partial<T> & { readonly error?: ApiError }> {
  return (await requestJson(
    connection,
    `$JS.API.${verb}`,
    payload,
    timeoutMs,
  )) as unknown as Partial<T> & { readonly error?: ApiError };
}
