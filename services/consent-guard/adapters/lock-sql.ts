import { createHash } from 'node:crypto';

/**
 * Takes a lock of its own until the transaction ends, in a statement without parameters, which may stand beside `begin`: what is read after it
 * is read as it stands once the lock is had.
 */
export function lockSql(kind: string, name: string): string {
  const key = createHash('sha256').update(`throughcare:${kind}:${name}`).digest().readBigInt64BE();
  return `select pg_advisory_xact_lock(${key})`;
}
