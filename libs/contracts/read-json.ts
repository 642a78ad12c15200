import type { Problem } from './problem.js';
import { hasRepeatedName, repeatedName } from './repeated-name.js';

export type JsonRead =
  { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly problem: Problem };

/** Names of the fields that the object at a path may have; none where the path leads to no object that is known. */
export type FieldsAt = (path: readonly (string | number)[], json: unknown) => readonly string[];

const noneKnown: FieldsAt = () => [];

/**
 * JSON text → its value, or why it has none. Text from outside comes in here and nowhere else, so that nothing is judged by one of two
 * values that the sender wrote.
 *
 * @param fieldsAt which names a refusal may repeat; any other is the sender's text and could be anything
 */
export function readJson(text: string, fieldsAt: FieldsAt = noneKnown): JsonRead {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return {
      ok: false,
      problem: { code: 'malformed-json', detail: 'the body is not valid JSON' },
    };
  }
  return hasRepeatedName(text, json)
    ? { ok: false, problem: repeatProblem(repeatedName(text) ?? [], json, fieldsAt) }
    : { ok: true, json };
}

function repeatProblem(
  path: readonly (string | number)[],
  json: unknown,
  fieldsAt: FieldsAt,
): Problem {
  const known = path.findIndex(
    (part, index) =>
      typeof part === 'string' && !fieldsAt(path.slice(0, index), json).includes(part),
  );
  const field = path.slice(0, known === -1 ? path.length : known).join('.');
  const remedy = 'the name of a field stands once in its object; remove the repeat and send again';
  if (field === '')
    return { code: 'malformed-json', detail: `a field is written twice: ${remedy}` };
  const what = known === -1 ? `${field} is written twice` : `a field in ${field} is written twice`;
  return { code: 'malformed-json', field, detail: `${what}: ${remedy}` };
}
