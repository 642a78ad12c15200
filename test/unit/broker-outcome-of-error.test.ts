import { describe, expect, it } from '@jest/globals';
import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { outcomeOfError } from '#libs/nats/outcome-of-error.js';
import { retryDelayMs } from '#libs/nats/retry-delay.js';

describe('the outcome of a handler that threw', () => {
  it.each(Object.keys(errorRules) as MeshErrorCode[])('is what the table says of %s', (code) => {
    expect(outcomeOfError(new MeshError(code, 'why'), 1).kind).toBe(errorRules[code].message);
  });

  it('is to come again, later each time, for what is not ours, and dead after eight deliveries, without its text', () => {
    const error = new TypeError('Mrs Example, QQ123456A');
    expect([1, 2, 3, 4, 5, 7].map((deliveries) => outcomeOfError(error, deliveries))).toEqual(
      [1_000, 5_000, 30_000, 120_000, 300_000, 300_000].map((delayMs) => ({
        kind: 'nak',
        delayMs,
      })),
    );
    expect(outcomeOfError(error, 8)).toEqual({
      kind: 'dead',
      code: 'internal',
      reason: 'TypeError',
    });
    expect(outcomeOfError(undefined, 8)).toEqual({
      kind: 'dead',
      code: 'internal',
      reason: 'unknown',
    });
  });

  it('never gives up on what passes', () => {
    expect(outcomeOfError(new MeshError('store-unavailable', 'away'), 1_000)).toEqual({
      kind: 'nak',
      delayMs: 300_000,
    });
    expect(retryDelayMs(0)).toBe(1_000);
  });
});
