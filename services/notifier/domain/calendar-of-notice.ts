import { effectId } from '#libs/contracts/message-id.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import type { Notice } from '#libs/contracts/service-forms.js';
import type { CalendarEntry, PlannedEntry } from './calendar-entry.js';

/**
 * Notices that set the time of an appointment. A first offer does not stand yet and brings no entry, but an offer that moves an agreed
 * review does: the old time is off. A reminder would be a second entry.
 */
const timed: Readonly<Partial<Record<NoticeKind, PlannedEntry['kind']>>> = {
  'appointment-booked': 'confirmed',
  'appointment-moved': 'confirmed',
  'review-accepted': 'confirmed',
  'review-moved': 'tentative',
};
/** The forms give a start only; so long an appointment is shown in the calendar (ours). */
const shownMs = 60 * 60 * 1000;

/**
 * The calendar entry that a notice brings: one an appointment, over its moves and its end. Every reader's entry for the same appointment
 * bears the same uid, which says nothing: a hash of the message that the appointment began with. Any notice may say that it is off.
 * @param domain that of the mail's Message-ID, with the `@`
 */
export function calendarOf(
  { kind, cause, facts, appointment }: Notice,
  domain: string,
  at: Date,
): CalendarEntry | undefined {
  const root = appointment?.root ?? cause;
  const entry = {
    uid: `${effectId(root, 'calendar')}${domain}`,
    sequence: appointment?.sequence ?? 0,
    stampedAt: at,
  };
  if (appointment?.cancelled === true) return { ...entry, kind: 'cancelled' };
  const planned = timed[kind];
  const start = new Date(String(facts['startsAt']));
  if (planned === undefined || Number.isNaN(start.getTime())) return undefined;
  return { ...entry, kind: planned, start, end: new Date(start.getTime() + shownMs) };
}
