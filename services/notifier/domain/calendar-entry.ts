interface Entry {
  readonly uid: string;
  readonly sequence: number;
  readonly stampedAt: Date;
}

/** A time that stands, or that is proposed in the place of one that stood. */
export interface PlannedEntry extends Entry {
  readonly kind: 'confirmed' | 'tentative';
  readonly start: Date;
  readonly end: Date;
}

/** The appointment is off: the entry goes from the calendar. Its time is not always known any more, and not needed. */
export interface CancelledEntry extends Entry {
  readonly kind: 'cancelled';
}

/** An appointment as a calendar is told of it. `uid` stays the same when the appointment moves; `sequence` then grows. */
export type CalendarEntry = PlannedEntry | CancelledEntry;

/** RFC 5546 §1.4. No method that a mail program would answer: that leaves out REQUEST. */
export const methodOf = ({ kind }: CalendarEntry): 'PUBLISH' | 'CANCEL' =>
  kind === 'cancelled' ? 'CANCEL' : 'PUBLISH';

/**
 * The entry as iCalendar text (RFC 5545). Calendars are copied to places that no key protects, so it says nothing but the time: neutral
 * summary, no place, no description. METHOD:PUBLISH and, when it is off, METHOD:CANCEL (RFC 5546 §3.2.1, §3.2.5): neither is answered.
 * No ATTENDEE and no ORGANIZER, though §3.2 asks for one: there is then nobody to whom a program could send an answer in clear.
 */
export function renderCalendarEntry(entry: CalendarEntry): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//calendar//EN',
    `METHOD:${methodOf(entry)}`,
    'BEGIN:VEVENT',
    `UID:${entry.uid}`,
    `SEQUENCE:${entry.sequence}`,
    `DTSTAMP:${utcStamp(entry.stampedAt)}`,
    ...(entry.kind === 'cancelled'
      ? []
      : [`DTSTART:${utcStamp(entry.start)}`, `DTEND:${utcStamp(entry.end)}`]),
    'SUMMARY:Appointment',
    'CLASS:CONFIDENTIAL',
    ...(entry.kind === 'cancelled' ? [] : ['TRANSP:OPAQUE']),
    `STATUS:${entry.kind.toUpperCase()}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

/** RFC 5545 §3.3.5, form 2: UTC. Instants need no VTIMEZONE and are right on either side of a clock change. */
function utcStamp(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d{3}/g, '');
}
