import { dayWords } from '#libs/calendar/day-words.js';
import { isDay } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';

export type WhenRead =
  | { readonly kind: 'instant'; readonly instant: string }
  | { readonly kind: 'wrong'; readonly problem: string }
  /** The clocks go back in that hour: both are given, the first in summer time. */
  | { readonly kind: 'twice'; readonly instants: readonly [string, string] };

const hourMs = 3_600_000;

/** A day and a time of the wall clock as people type them. */
export function readWhen(date: string, time: string): WhenRead {
  const [, hours = '', minutes = ''] = /^([01]?\d|2[0-3])[:.]([0-5]\d)$/.exec(time) ?? [];
  if (hours === '') return { kind: 'wrong', problem: 'Enter a time, such as 10:30' };
  const wall = `${hours.padStart(2, '0')}:${minutes}`;
  const first = instantOf(date, wall);
  if (first === undefined) return { kind: 'wrong', problem: 'Enter a real date' };
  if (londonTime(first) !== wall)
    return {
      kind: 'wrong',
      problem: `${wall} does not exist on ${dayWords(date)}: the clocks go forward. Enter another time`,
    };
  const second = new Date(first.getTime() + hourMs);
  if (londonDate(second) === date && londonTime(second) === wall)
    return { kind: 'twice', instants: [first.toISOString(), second.toISOString()] };
  return { kind: 'instant', instant: first.toISOString() };
}

function instantOf(date: string, time: string): Date | undefined {
  try {
    return isDay(date) ? londonInstant(date, time) : undefined;
  } catch {
    return undefined;
  }
}
