import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** `2026-03-02` as 2 March 2026. */
export function dayWords(date: string): string {
  const [year = '', month = '1', day = '1'] = date.split('-');
  return `${Number(day)} ${months[Number(month) - 1] ?? ''} ${year}`;
}

/** Day and time as people write them, in British time. */
export function momentWords(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? '' : `${dayWords(londonDate(at))}, ${londonTime(at)}`;
}

export const timeWords = (instant: Date): string => londonTime(instant);

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
    const at = londonInstant(date, time);
    const isReal = /^\d{4}-\d{2}-\d{2}$/.test(date) && isRealDay(date);
    return isReal ? at : undefined;
  } catch {
    return undefined;
  }
}

/** 2026-02-30 is none. */
export const isRealDay = (date: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(date) &&
  new Date(`${date}T00:00:00Z`).toString() !== 'Invalid Date' &&
  new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
