import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { KeptMessage } from './kept-message.js';
import { isForRecord } from './record-entry.js';

/** Where no next attendance is on record: a JSA customer attends every fortnight. */
const fortnight = 14;
/** Within so many working days after the attendance the client was asked for the DPA1. */
const askedWithin = 10;

const nextAttendance = typeOf('case.next-attendance');

/**
 * The last day on which a job centre keeps forms of a client who gave no DPA1: until the client was asked, which is at the next attendance and
 * ten working days. @returns YYYY-MM-DD, undefined where no content is kept
 */
export function keptUntil(kept: readonly KeptMessage[], holidays: Holidays): string | undefined {
  const first = kept.find(({ type, message }) => message !== undefined && isForRecord(type));
  if (first === undefined) return undefined;
  const came = londonDate(new Date(first.at));
  // The first one after it came: a later one would put the end off for ever.
  const [attends = addDays(came, fortnight)] = kept
    .filter(({ type, direction }) => direction === 'sent' && type === nextAttendance)
    .map(({ message }) => message?.data['on'])
    .filter((on): on is string => typeof on === 'string' && on >= came)
    .toSorted();
  return addWorkingDays(attends, askedWithin, holidays);
}

/**
 * Is the content of a case to be erased? `isCurrent`: what the mesh says of the DPA1; undefined where it did not say, which erases nothing.
 * Refused, withdrawn and lapsed erase at once.
 */
export function isToErase(
  was: { readonly isCurrent: boolean },
  now: {
    readonly isCurrent: boolean | undefined;
    readonly keptUntil: string | undefined;
    readonly today: string;
  },
): boolean {
  if (now.isCurrent !== false) return false;
  return was.isCurrent || (now.keptUntil !== undefined && now.today > now.keptUntil);
}
