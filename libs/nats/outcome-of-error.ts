import { errorRules } from '#libs/contracts/error-codes.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Outcome } from './delivery.js';
import { retryDelayMs } from './retry-delay.js';

/** After so many deliveries an error of our own making is taken for one that stays: 1 + 5 + 30 + 120 + 3 x 300 s, about 17 minutes. */
const internalAttempts = 8;

/**
 * What becomes of a message whose handler threw: by the table of error codes; a foreign throwable counts as `internal`. The reason of a
 * foreign one is its class only, since its text may hold anything.
 */
export function outcomeOfError(error: unknown, deliveries: number): Outcome {
  const code = error instanceof MeshError ? error.code : 'internal';
  const reason =
    error instanceof MeshError ? error.message : ((error as Error | undefined)?.name ?? 'unknown');
  const answer = errorRules[code].message;
  if (answer === 'ack') return { kind: 'ack' };
  if (answer === 'dead' || (code === 'internal' && deliveries >= internalAttempts))
    return { kind: 'dead', code, reason };
  return { kind: 'nak', delayMs: retryDelayMs(deliveries) };
}
