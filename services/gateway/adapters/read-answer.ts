import type { z } from 'zod';
import { okReply } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Answer } from '../domain/party-road.js';

/**
 * The value of an answer, in the shape that the contract gives it and nothing beside.
 * @throws MeshError with the code of a refusal, or `internal` when the answer has another shape
 */
export function readAnswer<T extends z.ZodRawShape>(
  answer: Answer,
  schema: z.ZodObject<T>,
): z.infer<z.ZodObject<T>> {
  if (!answer.ok)
    throw new MeshError(
      answer.code,
      answer.detail,
      answer.field === undefined ? {} : { field: answer.field },
    );
  const read = okReply(schema.shape).safeParse({ ...answer.value, ok: true });
  if (!read.success) {
    const places = read.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new MeshError(
      'internal',
      `the answer of the mesh has another shape than agreed, at ${places}`,
    );
  }
  const { ok: _ok, ...value } = read.data as Record<string, unknown>;
  return value as z.infer<z.ZodObject<T>>;
}
