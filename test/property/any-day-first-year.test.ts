import { describe, expect, it } from '@jest/globals';
import { daysBetween } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import {
  daysFrom,
  flawsOfMonth,
  isInOrder,
  isOfficeTime,
  monthsOf,
  openingsOf,
} from '#test/support/any-day.js';
import { allow } from '#test/support/pace.js';

/** With the second year's file: 731 days with 29 February, four changes of the clocks, two Easters. */
const days = daysFrom('2026-07-01', 365);
const openings = openingsOf(days);

describe('the sample journey', () => {
  it('begins on each of 365 days, at the next hour at which offices are open', () => {
    expect(openings).toHaveLength(365);
    expect(openings.filter((at) => !isOfficeTime(at))).toEqual([]);
    expect(isInOrder(openings)).toBe(true);
    const waitDays = days.map((day, n) => daysBetween(day, londonDate(openings[n] ?? new Date(0))));
    expect(Math.max(...waitDays)).toBeLessThanOrEqual(5);
    expect(Math.min(...waitDays)).toBe(0);
  });

  it.each(monthsOf(openings))(
    'comes out as expected when it begins on any day of %s',
    async (month) => {
      expect(await flawsOfMonth(month, openings)).toEqual([]);
    },
    allow(60_000),
  );
});
