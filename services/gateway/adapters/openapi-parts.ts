import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import { type JsonSchema, schemaRef } from './openapi-schemas.js';

export type Paths = Record<string, Record<string, JsonSchema>>;

export const askProblems = ['answer-timeout', 'broker-unavailable'] as const;

/** Every route under /v1 may also answer 401, 429, and 503 where the issuer of an access token is away. Codes of one status stand in one response. */
export function problems(...codes: readonly MeshErrorCode[]): JsonSchema {
  const lines = new Map<number, string[]>();
  for (const code of [
    'unauthenticated',
    ...codes,
    'too-many-requests',
    'issuer-unavailable',
  ] as const) {
    const { http, title } = errorRules[code];
    lines.set(http, [...(lines.get(http) ?? []), `\`${code}\`: ${title}`]);
  }
  const content = { 'application/problem+json': { schema: schemaRef('Problem') } };
  return Object.fromEntries(
    [...lines].map(([status, each]) => [status, { description: each.join(' · '), content }]),
  );
}

export const json = (description: string, schema: string): JsonSchema => ({
  description,
  content: { 'application/json': { schema: schemaRef(schema) } },
});

export const inPath = (name: string, description: string): JsonSchema => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', format: 'uuid' },
});

export function inQuery(
  name: string,
  description: string,
  minimum: number,
  maximum: number,
): JsonSchema {
  return {
    name,
    in: 'query',
    required: false,
    description,
    schema: { type: 'integer', minimum, maximum },
  };
}

export const wordInQuery = (
  name: string,
  description: string,
  schema: JsonSchema = { type: 'string' },
): JsonSchema => ({ name, in: 'query', required: false, description, schema });
