import { londonInstant } from '#libs/calendar/london-time.js';

/** Ten thousand clients live through the same days: each instant is worked out once. */
const known = new Map<string, Date>();

export function instantOf(day: string, time: string): Date {
  const key = `${day} ${time}`;
  const instant = known.get(key) ?? londonInstant(day, time);
  known.set(key, instant);
  return instant;
}
