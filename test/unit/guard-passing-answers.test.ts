import { describe, expect, it } from '@jest/globals';
import { type Books, answersOf } from '#services/consent-guard/adapters/asks.responder.js';

const asked = { take: '00000000-0000-4000-8000-000000000001', max: 1 };
const answer = (failure: unknown) =>
  answersOf({ inbox: { take: () => Promise.reject(failure) } } as unknown as Books)(
    'trt_acme',
    'take',
    asked,
  );

describe('a question while the database is away', () => {
  it.each([
    ['shut down', { code: '57P01' }],
    ['not there', { code: 'ECONNREFUSED' }],
    ['lost on the way', { message: 'Connection terminated unexpectedly' }],
  ])('is one to ask again: %s', async (_what, error) => {
    await expect(answer(Object.assign(new Error('x'), error))).rejects.toMatchObject({
      code: 'store-unavailable',
    });
  });

  it('is not what a fault of ours is', async () => {
    const fault = new TypeError('x is not a function');
    await expect(answer(fault)).rejects.toBe(fault);
  });
});
