import type { NatsConnection } from '@nats-io/nats-core';
import { requestJson } from './ask-client.js';

/** As the server answers what it will not do; codes of its errors.json. */
export interface ApiError {
  readonly err_code: number;
  readonly description: string;
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
