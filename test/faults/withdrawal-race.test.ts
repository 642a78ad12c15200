import { describe, expect, it } from '@jest/globals';
import { allow } from '#test/support/pace.js';
import { raceWithdrawals } from '#test/support/withdrawal-race.js';

describe('a withdrawal that races what is under way, over two guards that are stopped and continued at random', () => {
  it(
    'lets nothing be given out after it is confirmed, and loses nothing that was cleared',
    async () => {
      const result = await raceWithdrawals({
        trials: 1_500,
        clientsAtOnce: 100,
        stops: { shortMs: 500, longMs: 7_500, longEvery: 8, pauseMs: 1_500 },
      });
      expect(result.violations).toEqual([]);
      expect(result.lost).toEqual([]);
      expect(result.trials).toBeGreaterThanOrEqual(1_500);
      // Else the race was none: some must have been caught under way, some not.
      expect(result.stopped).toBeGreaterThan(0);
      expect(result.collected).toBeGreaterThan(0);
      expect(result.stops).toBeGreaterThan(3);
    },
    allow(240_000),
  );
});
