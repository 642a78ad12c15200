import { describe, expect, it } from '@jest/globals';
import { readStartOptions } from '#deploy/local/start-options.js';

const machine = new Date('2026-06-01T12:00:00Z');
const startsAt = (from: string): string | undefined =>
  readStartOptions(['--from', from], machine)?.startsAt?.toISOString();

describe('npm start', () => {
  it('reads its options, and leaves the clock alone where none is named', () => {
    expect(readStartOptions(['--once', '--scale', 'consent-guard=2'], machine)).toMatchObject({
      once: true,
      journey: true,
      scale: { 'consent-guard': 2 },
    });
    expect(readStartOptions([], machine)).not.toHaveProperty('startsAt');
    expect(readStartOptions(['--help'], machine)).toBeUndefined();
  });

  it.each([
    ['2026-12-24T16:55', '2026-12-24T16:55:00.000Z'],
    ['2026-07-01T09:00', '2026-07-01T08:00:00.000Z'],
    ['2028-02-29T09:00', '2028-02-29T09:00:00.000Z'],
    ['2027-03-28T00:30', '2027-03-28T00:30:00.000Z'],
    // It comes twice that night: the first, in summer time.
    ['2026-10-25T01:30', '2026-10-25T00:30:00.000Z'],
    ['2024-01-01T00:00', '2024-01-01T00:00:00.000Z'],
  ])('takes --from %s as a time in London: %s', (from, instant) => {
    expect(startsAt(from)).toBe(instant);
  });

  it.each([
    ['', 'a day and a time'],
    ['tomorrow', 'a day and a time'],
    ['2026-12-24', 'a day and a time'],
    ['2026-12-24T16:55Z', 'a day and a time'],
    ['2026-12-24T24:00', 'a day and a time'],
    ['2027-02-29T09:00', 'a day and a time'],
    ['2026-13-01T09:00', 'a day and a time'],
    // The clock goes forward over it.
    ['2027-03-28T01:30', "that London's clocks show"],
    ['2023-12-31T23:59', 'from 2024'],
    ['2037-01-01T00:00', 'to 2036'],
  ])('refuses --from "%s" and says what it wants: %s', (from, wanted) => {
    expect(() => startsAt(from)).toThrow(wanted);
    expect(() => startsAt(from)).toThrow('--from');
  });
});
