/** An appointment as a calendar is told of it. `uid` stays the same when the appointment moves; `sequence` then grows. */
export interface CalendarEntry {
  readonly uid: string;
  readonly sequence: number;
  readonly start: Date;
  readonly end: Date;
  readonly stampedAt: Date;
  /** Where it was called off: the entry goes from the calendar. */
  readonly cancelled?: boolean;
}

/**
 * The entry as iCalendar text (RFC 5545). Calendars are copied to places that no key protects, so it says nothing but the time:
 * neutral summary, no place, no description, no attendee. METHOD:PUBLISH, because a REQUEST makes mail clients answer in clear.
 */
export function renderCalendarEntry(entry: CalendarEntry): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//calendar//EN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${entry.uid}`,
    `SEQUENCE:${entry.sequence}`,
    `DTSTAMP:${utcStamp(entry.stampedAt)}`,
    `DTSTART:${utcStamp(entry.start)}`,
    `DTEND:${utcStamp(entry.end)}`,
    'SUMMARY:Appointment',
    'CLASS:CONFIDENTIAL',
    'TRANSP:OPAQUE',
    `STATUS:${entry.cancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

/** RFC 5545 §3.3.5, form 2: UTC. Instants need no VTIMEZONE and are right on either side of a clock change. */
function utcStamp(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d{3}/g, '');
}
