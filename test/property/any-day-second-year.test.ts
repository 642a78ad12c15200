import { describe, expect, it } from '@jest/globals';
import { daysBetween } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { daysFrom, flawsOfMonth, monthsOf, openingsOf } from '#test/support/any-day.js';
import { allow } from '#test/support/pace.js';

/** To 30 June 2028: a journey takes half a year, and bank holidays are published that far. */
const days = daysFrom('2027-07-01', 366);
const openings = openingsOf(days);

describe('the sample journey, a year later', () => {
  it('begins on each of 366 days, a 29 February among them', () => {
    expect(openings).toHaveLength(366);
    expect(days).toContain('2028-02-29');
    expect(days.at(-1)).toBe('2028-06-30');
    const waitDays = days.map((day, n) => daysBetween(day, londonDate(openings[n] ?? new Date(0))));
    // Christmas Eve of 2027 at 16:55 is a Friday: until Wednesday.
    expect(Math.max(...waitDays)).toBe(5);
  });

  it.each(monthsOf(openings))(
    'comes out as expected when it begins on any day of %s',
    async (month) => {
      expect(await flawsOfMonth(month, openings)).toEqual([]);
    },
    allow(60_000),
  );
});
