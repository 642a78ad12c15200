import type { Problem } from '#libs/contracts/problem.js';

/** A whole number of the query, within its bounds; absent: what it is otherwise. */
export function queryNumber(
  text: unknown,
  {
    name,
    least,
    most,
    otherwise,
  }: { name: string; least: number; most: number; otherwise: number },
): number | Problem {
  if (text === undefined) return otherwise;
  const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  return {
    code: 'malformed-request',
    field: name,
    detail: `${name} must be a whole number from ${least} to ${most}`,
  };
}
