import { IANAZone } from 'luxon';
import { remembered } from './remembered.js';

const zone = IANAZone.create('Europe/London');
const minuteMs = 60_000;
const hourMs = 3_600_000;

/**
 * The instant of a local day and time (`YYYY-MM-DD`, `HH:MM`) in Great Britain and Northern Ireland. Where the clock goes back and the
 * time comes twice, the first is meant; where it goes forward and the time does not come, the offset before the gap holds, so that
 * 01:30 is 02:30 summer time (both RFC 5545, 3.3.5).
 * @throws RangeError when day or time is wrong.
 */
export function londonInstant(date: string, time: string): Date {
  const utcMs = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(utcMs) || !/^\d{2}:\d{2}$/.test(time))
    throw new RangeError('not a day YYYY-MM-DD and a time HH:MM');
  // The offsets that hold well before and well after: one of them is right unless the time falls into a gap.
  const before = offsetAt(utcMs - 6 * hourMs);
  const after = offsetAt(utcMs + 6 * hourMs);
  const fitting = [before, after].filter(
    (offset) => offsetAt(utcMs - offset * minuteMs) === offset,
  );
  return new Date(utcMs - (fitting[0] ?? before) * minuteMs);
}

/** The local day of an instant, `YYYY-MM-DD`. */
export function londonDate(instant: Date): string {
  return hourAt(instant.getTime()).date;
}

/** The local time of an instant, `HH:MM`. */
export function londonTime(instant: Date): string {
  const ms = instant.getTime();
  return new Date(ms + offsetAt(ms) * minuteMs).toISOString().slice(11, 16);
}

/** The clocks of Great Britain change on the hour, so an hour has one offset and one day. Asking the zone takes a hundred times as long. */
const hours = remembered((hour: number) => {
  const offset = zone.offset(hour * hourMs);
  return {
    offset,
    date: new Date(hour * hourMs + offset * minuteMs).toISOString().slice(0, 10),
  };
});

const hourAt = (ms: number): { readonly offset: number; readonly date: string } =>
  hours(Math.floor(ms / hourMs));

const offsetAt = (ms: number): number => hourAt(ms).offset;
