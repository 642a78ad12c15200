import { MeshError } from '#libs/contracts/mesh-error.js';

/**
 * SQLSTATE classes and codes that pass by themselves (PostgreSQL manual, appendix A): 08 connection exception, 53 insufficient
 * resources, 57 operator intervention (shutdown, cancelled, statement timeout), 58 system error, 40 rollback (serialization,
 * deadlock), 55P03 lock not available, 25P03 idle in transaction timeout, 25006 read-only (a standby before its promotion).
 */
const passingState = /^(08|53|57|58|40)|^(55P03|25P03|25006)$/;
const passingNodeCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // a unix socket that is not there yet
]);
/** pg gives these without a code. */
const passingMessage =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;
const sqlState = /^[0-9A-Z]{5}$/;

/**
 * What pg threw, as the mesh's error: `store-unavailable` for what passes, `internal` for the rest. The message names the SQLSTATE
 * only: pg's own message and detail may quote a row. A MeshError comes back as it is.
 */
export function toStoreError(error: unknown): MeshError {
  if (error instanceof MeshError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const state = typeof code === 'string' ? code : '';
  if (passingState.test(state) && sqlState.test(state)) return unavailable(state, error);
  if (passingNodeCodes.has(state)) return unavailable(state, error);
  if (state === '' && typeof message === 'string' && passingMessage.test(message))
    return unavailable('connection lost', error);
  return new MeshError(
    'internal',
    state === '' ? 'the database call failed' : `the database refused the call (${state})`,
    {
      cause: error,
    },
  );
}

function unavailable(why: string, cause: unknown): MeshError {
  return new MeshError('store-unavailable', `the database is not reachable at present (${why})`, {
    cause,
  });
}
