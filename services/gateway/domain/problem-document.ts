import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import type { Problem } from '#libs/contracts/problem.js';

/** RFC 9457, with `errors` that name the fields. No value of the request ever stands in it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** `field` is absent where the message as a whole is meant. */
  readonly errors?: readonly { readonly field?: string; readonly detail: string }[];
  /** Extension member: what became of the message, where the problem is the guard's verdict on it. */
  readonly verdict?: unknown;
}

const problemTypeOf = (code: MeshErrorCode): string => `urn:throughcare:problem:${code}`;

/** Our own faults, whose particulars are for our logs. */
const unexplained: ReadonlySet<MeshErrorCode> = new Set([
  'internal',
  'config-invalid',
  'no-handler',
]);

/** `title` says what to do (the table of codes), `detail` what is wrong here. Several problems of one request share the first one's code. */
export function problemDocument(first: Problem, ...others: readonly Problem[]): ProblemDocument {
  const { http, title } = errorRules[first.code];
  const all = [first, ...others].map(({ field, detail: what }) =>
    field === undefined ? { detail: what } : { field, detail: what },
  );
  const errors = others.length > 0 || first.field !== undefined ? all : [];
  const detail =
    others.length === 0
      ? first.detail
      : `${others.length + 1} things are wrong with the message; each stands under errors`;
  return {
    type: problemTypeOf(first.code),
    title,
    status: http,
    detail: unexplained.has(first.code) ? title : detail,
    ...(errors.length > 0 ? { errors } : {}),
  };
}
