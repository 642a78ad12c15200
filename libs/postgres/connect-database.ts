import { Kysely, PostgresDialect } from 'kysely';
import { Pool, TypeOverrides, types as pgTypes } from 'pg';

export interface DatabaseOptions {
  /** `postgres://role@host:port/database`; a password only where the server asks for one. */
  readonly url: string;
  /** Shown in pg_stat_activity: the service, and the instance where there are several. */
  readonly applicationName: string;
  /** Connections at most. Default 10. */
  readonly max?: number;
  /** A statement that runs longer is cancelled by the server (57014, which passes). Default 15 s. */
  readonly statementTimeoutMs?: number;
  /** An idle connection broke (server restart, network). The pool replaces it by itself; this is for the log. */
  readonly onError?: (error: Error) => void;
}

/** Counts and sequences stay far below 2^53; one that does not is a fault, never a silently wrong number. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('int8 beyond 2^53');
  return value;
}

/**
 * `date` comes as 'YYYY-MM-DD' (pg's default, local midnight as a Date, is a day off in half the world's zones), `int8` as number;
 * all else as pg does it.
 */
const types = new TypeOverrides();
types.setTypeParser(pgTypes.builtins.DATE, (text) => text);
types.setTypeParser(pgTypes.builtins.INT8, parseInt8);

/**
 * Statements here take a millisecond or a few. Where a table's statistics are behind, the planner takes one of them for a long one and has it
 * compiled, which takes ten times as long as the statement.
 */
const withoutJit = '-c jit=off';

/**
 * A pool of connections to the service's own database. Connects on first use: a server that is not there yet is an error of the
 * first query, which passes. Whoever connects ends it (`pool.end()`, or `destroy()` of the kysely instance over it).
 */
export function connectDatabase(options: DatabaseOptions): Pool {
  const pool = new Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.max ?? 10,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: withoutJit,
    types,
  });
  // Without a listener a connection that breaks would end the process: an idle one (the pool's event), and one that a transaction holds
  // between two of its statements (the client's). The next statement then fails, which is how its holder learns of it.
  pool.on('error', (error) => options.onError?.(error));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Typed queries over the pool. `destroy()` ends the pool too. */
export function createKysely<DB>(pool: Pool): Kysely<DB> {
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}
