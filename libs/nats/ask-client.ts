import type { z } from 'zod';
import type { NatsConnection } from '@nats-io/nats-core';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { askSubject } from '#libs/contracts/subjects.js';

/** What an `ask` or `answer` gives back. A refusal is a value. */
export type AskReply<T = Record<string, unknown>> =
  | ({ readonly ok: true } & T)
  | {
      readonly ok: false;
      readonly code: MeshErrorCode;
      readonly detail: string;
      readonly field?: string;
    };

/**
 * A party asks the guard: `ask.<verb>`, JSON both ways.
 *
 * @param timeoutMs default 5,000
 * @throws MeshError `answer-timeout` · `broker-unavailable` (nobody serves it, or no connection) · `internal` (the reply is not JSON)
 */
export function askGuard<T>(
  connection: NatsConnection,
  verb: string,
  payload: unknown,
  timeoutMs?: number,
): Promise<AskReply<T>> {
  return requestJson<T>(connection, askSubject(verb), payload, timeoutMs);
}

/** The same on a subject of one's own choosing: the guard asks a service on `answer.<service>.<verb>`. Throws as `askGuard`. */
export async function requestJson<T>(
  connection: NatsConnection,
  subject: string,
  payload: unknown,
  timeoutMs = 5_000,
): Promise<AskReply<T>> {
  const reply = await connection
    .request(subject, JSON.stringify(payload ?? {}), { timeout: timeoutMs })
    .catch((error: unknown) => {
      // Judged by name: jest's module realms have classes of their own.
      const isTimeout = (error as Error).name === 'TimeoutError';
      if (isTimeout)
        throw new MeshError('answer-timeout', `no answer within ${timeoutMs} ms`, { cause: error });
      throw new MeshError('broker-unavailable', 'nobody there to answer', { cause: error });
    });
  try {
    return reply.json<AskReply<T>>();
  } catch (error) {
    throw new MeshError('internal', 'the answer is not JSON', { cause: error });
  }
}

/**
 * Asks the guard and reads the answer in its shape.
 *
 * @throws MeshError with the code of a refusal; `internal` where the answer has another shape; as `askGuard`
 */
export async function askFor<T extends z.ZodType>(
  connection: NatsConnection,
  verb: string,
  { payload, reply, timeoutMs }: { payload: unknown; reply: T; timeoutMs?: number },
): Promise<z.output<T>> {
  const answer = await askGuard(connection, verb, payload, timeoutMs);
  if (!answer.ok) throw new MeshError(answer.code, answer.detail);
  const read = reply.safeParse(answer);
  if (read.success) return read.data;
  throw new MeshError('internal', `the answer to ${verb} has another shape than agreed`);
}
