import type { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { AnswerHandler } from '#libs/nats/answer-server.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';

/** @throws MeshError `malformed-message` that says which question there is. */
export function readAsk<T extends z.ZodType>(
  schema: T,
  payload: unknown,
  shape: string,
): z.output<T> {
  const asked = schema.safeParse(payload);
  if (asked.success) return asked.data;
  const field = asked.error.issues[0]?.path.join('.');
  const where = field === undefined || field === '' ? undefined : { field };
  throw new MeshError('malformed-message', `the question is not ${shape}`, where);
}

/** An answer from the database; its being away is said as such. */
export async function answering(
  answer: () => ReturnType<AnswerHandler>,
): ReturnType<AnswerHandler> {
  try {
    return await answer();
  } catch (error) {
    throw toStoreError(error);
  }
}
