import { afterEach, describe, expect, it } from '@jest/globals';
import type { Kysely } from 'kysely';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { stepWorkingDays } from '#libs/contracts/steps.js';
import { DaySweep } from '#services/referral-router/adapters/day.sweep.js';
import type { RouterTables } from '#services/referral-router/adapters/router-tables.js';
import { newSignal } from '#test/support/signal.js';
import { StandingClock } from '#test/support/standing-clock.js';
import { until } from '#test/support/until.js';

let sweep: DaySweep | undefined;
afterEach(() => sweep?.stop());

describe('the sweep of the day', () => {
  it('is done again when the clock is moved while it is under way', async () => {
    const clock = new StandingClock();
    const first = newSignal();
    let transactions = 0;
    const execute = async (): Promise<number> => {
      transactions += 1;
      await first.given;
      return 0;
    };
    const db = { transaction: () => ({ execute }) } as unknown as Kysely<RouterTables>;
    let swept = 0;
    sweep = new DaySweep({
      db,
      clock,
      clocks: { holidays: bankHolidays('england-and-wales'), workingDays: stepWorkingDays },
      everySeconds: 3_600,
      isCaughtUp: () => true,
      onTold: () => undefined,
      onSwept: () => (swept += 1),
      onTrouble: (error) => {
        throw error;
      },
    });
    sweep.start();
    await until('the first chore is under way', () => transactions === 1);
    clock.move('2026-03-03T10:00:00Z');
    first.give();
    await until('two sweeps are done', () => swept === 2);
    expect(transactions).toBe(6);
  });
});
