import { describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { GroundAhead } from '#services/consent-guard/adapters/ground-ahead.js';

/** A connection that only knows how it was given back. */
function connection(): { readonly db: PoolClient; readonly released: unknown[] } {
  const released: unknown[] = [];
  return {
    db: { release: (error?: unknown) => released.push(error) } as unknown as PoolClient,
    released,
  };
}

describe('what is read ahead for a batch', () => {
  it('is given to its batch once, which then has the connection to itself', async () => {
    const { db, released } = connection();
    const ground = { db, stamp: 3 };
    const ahead = new GroundAhead(Promise.resolve(ground));
    expect(await ahead.taken(3)).toBe(ground);
    expect(await ahead.taken(3)).toBeUndefined();
    await ahead.letGo();
    expect(released).toEqual([]);
  });

  it('lets go of its locks, by closing the connection, once it has them: where it is not wanted, or was read under other keys', async () => {
    const unwanted = connection();
    let found: () => void = () => undefined;
    const ahead = new GroundAhead(
      new Promise<{ db: PoolClient; stamp: number }>(
        (resolve) => (found = () => resolve({ db: unwanted.db, stamp: 3 })),
      ),
    );
    const gone = ahead.letGo();
    expect(unwanted.released).toEqual([]);
    found();
    await gone;
    expect(unwanted.released).toEqual([true]);
    expect(await ahead.taken(3)).toBeUndefined();

    const stale = connection();
    expect(
      await new GroundAhead(Promise.resolve({ db: stale.db, stamp: 2 })).taken(3),
    ).toBeUndefined();
    expect(stale.released).toEqual([true]);
  });

  it('is read anew where it could not be read', async () => {
    const ahead = new GroundAhead<{ db: PoolClient; stamp: number }>(
      Promise.reject(new Error('the store is away')),
    );
    expect(await ahead.taken(1)).toBeUndefined();
    await ahead.letGo();
  });
});
