import { describe, expect, it } from '@jest/globals';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';
import { isOfficeHour, nextOfficeHour } from '#libs/calendar/office-hours.js';
import {
  addWorkingDays,
  isWorkingDay,
  workingDayOnOrAfter,
  workingDayOnOrBefore,
} from '#libs/calendar/working-days.js';

const england = bankHolidays('england-and-wales');
const scotland = bankHolidays('scotland');

describe('working days', () => {
  it('leave out weekends and the bank holidays of the division', () => {
    expect(isWorkingDay('2026-04-03', england)).toBe(false); // Good Friday
    expect(isWorkingDay('2026-04-06', england)).toBe(false); // Easter Monday, not a holiday in Scotland
    expect(isWorkingDay('2026-04-06', scotland)).toBe(true);
    expect(isWorkingDay('2026-06-15', scotland)).toBe(false); // the one that date-holidays misses
    expect(addWorkingDays('2026-04-02', 2, england)).toBe('2026-04-08');
    expect(addWorkingDays('2026-12-24', 1, england)).toBe('2026-12-29');
    expect(addWorkingDays('2026-12-29', -1, england)).toBe('2026-12-24');
    expect(workingDayOnOrBefore('2026-12-28', england)).toBe('2026-12-24');
    expect(workingDayOnOrAfter('2026-12-25', england)).toBe('2026-12-29');
  });

  it('leave out a holiday that is proclaimed late', () => {
    expect(isWorkingDay('2026-09-09', bankHolidays('england-and-wales', ['2026-09-09']))).toBe(
      false,
    );
  });

  it('refuse what is not a day', () => {
    for (const wrong of ['2026-02-30', '2026-13-01', '26-01-01', '', 'tomorrow'])
      expect(() => addDays(wrong, 1)).toThrow(RangeError);
  });
});

describe('office hours', () => {
  const next = (at: string) => nextOfficeHour(new Date(at), england).toISOString();

  it('begin at nine and end at five in London, in winter and in summer', () => {
    const isOpen = (at: string) => isOfficeHour(new Date(at), england);
    expect(isOpen('2026-03-02T08:59:59.999Z')).toBe(false);
    expect(isOpen('2026-03-02T09:00:00.000Z')).toBe(true);
    expect(isOpen('2026-03-02T16:59:59.999Z')).toBe(true);
    expect(isOpen('2026-03-02T17:00:00.000Z')).toBe(false);
    expect(isOpen('2026-07-01T08:00:00.000Z')).toBe(true);
    expect(isOpen('2026-07-01T16:00:00.000Z')).toBe(false);
  });

  it('leave a moment within them as it is', () => {
    expect(next('2026-03-02T13:37:21.004Z')).toBe('2026-03-02T13:37:21.004Z');
  });

  it('come next on the same day before work, else on the next working day', () => {
    expect(next('2026-03-02T03:00:00Z')).toBe('2026-03-02T09:00:00.000Z');
    expect(next('2026-03-02T17:00:00Z')).toBe('2026-03-03T09:00:00.000Z');
    expect(next('2026-03-07T00:00:50Z')).toBe('2026-03-09T09:00:00.000Z'); // a Saturday
    expect(next('2026-04-02T18:00:00Z')).toBe('2026-04-07T08:00:00.000Z'); // over Easter
    // 00:30 in London on the first working day after the summer bank holiday.
    expect(next('2026-08-31T23:30:00Z')).toBe('2026-09-01T08:00:00.000Z');
  });
});

describe('London time', () => {
  it('is nine in the morning on both sides of a clock change', () => {
    expect(londonInstant('2026-03-28', '09:00').toISOString()).toBe('2026-03-28T09:00:00.000Z');
    expect(londonInstant('2026-03-29', '09:00').toISOString()).toBe('2026-03-29T08:00:00.000Z');
    expect(londonInstant('2026-10-25', '09:00').toISOString()).toBe('2026-10-25T09:00:00.000Z');
  });

  it('means the first of two equal times, and the offset before a gap', () => {
    expect(londonInstant('2026-10-25', '01:30').toISOString()).toBe('2026-10-25T00:30:00.000Z');
    const skipped = londonInstant('2026-03-29', '01:30');
    expect([skipped.toISOString(), londonTime(skipped)]).toEqual([
      '2026-03-29T01:30:00.000Z',
      '02:30',
    ]);
    expect(londonInstant('2026-03-29', '00:59').toISOString()).toBe('2026-03-29T00:59:00.000Z');
    expect(londonInstant('2026-03-29', '02:00').toISOString()).toBe('2026-03-29T01:00:00.000Z');
  });

  it('puts an instant late on a summer evening into the next local day', () => {
    expect(londonDate(new Date('2026-06-30T23:30:00.000Z'))).toBe('2026-07-01');
  });
});
