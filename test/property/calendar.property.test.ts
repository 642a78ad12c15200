import { describe, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays, daysBetween } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';
import { isOfficeHour, nextOfficeHour } from '#libs/calendar/office-hours.js';
import { addWorkingDays, isWorkingDay, workingDayOnOrBefore } from '#libs/calendar/working-days.js';

const day = fc.integer({ min: 0, max: 1826 }).map((n) => addDays('2024-01-01', n));
const division = fc.constantFrom(
  'england-and-wales' as const,
  'scotland' as const,
  'northern-ireland' as const,
);
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([h, m]) => `${pad(h)}:${pad(m)}`);
const pad = (n: number): string => String(n).padStart(2, '0');

describe('working days', () => {
  it('are reached by steps of one, in either direction, and always land on one', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 30 }), division, (from, n, name) => {
        const holidays = bankHolidays(name);
        const there = addWorkingDays(from, n, holidays);
        const stepped = Array.from({ length: n }).reduce<string>(
          (date) => addWorkingDays(date, 1, holidays),
          from,
        );
        const start = workingDayOnOrBefore(from, holidays);
        return (
          there === stepped &&
          isWorkingDay(there, holidays) &&
          addWorkingDays(there, -n, holidays) === start
        );
      }),
    );
  });

  it('on or before a day is never after it, and at most 5 days before', () => {
    fc.assert(
      fc.property(day, division, (date, name) => {
        const holidays = bankHolidays(name);
        const found = workingDayOnOrBefore(date, holidays);
        return (
          isWorkingDay(found, holidays) &&
          daysBetween(found, date) >= 0 &&
          daysBetween(found, date) <= 5
        );
      }),
    );
  });
});

describe('London time', () => {
  it('gives the day and time back that it was made from, but in the hour that does not come', () => {
    fc.assert(
      fc.property(day, time, (date, at) => {
        const instant = londonInstant(date, at);
        const skipped = at.startsWith('01:') && londonTime(instant).startsWith('02:');
        return londonDate(instant) === date && (skipped || londonTime(instant) === at);
      }),
      { numRuns: 1000 },
    );
  });

  it('never runs backwards from one day to the next', () => {
    fc.assert(
      fc.property(
        day,
        time,
        (date, at) => londonInstant(date, at) < londonInstant(addDays(date, 1), at),
      ),
    );
  });
});

describe('the next office hour', () => {
  it('is one, is the first, and is its own next', () => {
    fc.assert(
      fc.property(day, time, division, (date, hour, name) => {
        const holidays = bankHolidays(name);
        const at = londonInstant(date, hour);
        const next = nextOfficeHour(at, holidays);
        // No office hour lies between: looked at every quarter of an hour.
        const skipped = Array.from(
          { length: Math.floor((next.getTime() - at.getTime()) / 900_000) },
          (_, n) => new Date(at.getTime() + n * 900_000),
        );
        return (
          isOfficeHour(next, holidays) &&
          next >= at &&
          nextOfficeHour(next, holidays).getTime() === next.getTime() &&
          skipped.every((each) => !isOfficeHour(each, holidays))
        );
      }),
    );
  });
});
