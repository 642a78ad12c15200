import { describe, expect, it } from '@jest/globals';
import { noticeKinds } from '#libs/contracts/notices.js';
import type { Notice } from '#libs/contracts/service-forms.js';
import { composeInnerMail } from '#services/notifier/adapters/compose-inner-mail.js';
import { renderCalendarEntry } from '#services/notifier/domain/calendar-entry.js';
import { letterOfNotice } from '#services/notifier/domain/letter-of-notice.js';
import { sender } from '#test/support/sealing-desk.js';

const root = '019353a0-0000-7000-8000-00000000000a';
const at = new Date('2026-03-02T09:00:00Z');
const notice = (change: Partial<Notice>): Notice => ({
  kind: 'appointment-booked',
  cause: root,
  person: 'p_one',
  caseReference: 'WND/2026/0042',
  facts: { startsAt: '2026-03-12T10:30:00Z' },
  audience: 'jobcentre',
  ...change,
});
const entryOf = (change: Partial<Notice>, messageId = 'a1@post.example.org') =>
  letterOfNotice(notice(change), 'reader@agency.example.org', messageId, at).calendar;
/** The properties of the entry, by name. */
const icalOf = (change: Partial<Notice>): ReadonlyMap<string, string> => {
  const entry = entryOf(change);
  if (entry === undefined) throw new Error('no entry');
  const lines = renderCalendarEntry(entry).split('\r\n').slice(0, -1);
  return new Map(lines.map((line) => line.split(/:(.*)/s) as [string, string]));
};
const appointment = (sequence: number, cancelled = false) => ({ root, sequence, cancelled });
const moved = { cause: '019353a0-0000-7000-8000-00000000000b' };

describe('the calendar entry of an appointment', () => {
  it('is one over a booking, a move and a cancellation: the same uid, a growing sequence', () => {
    const booked = icalOf({ appointment: appointment(0) });
    const later = icalOf({
      ...moved,
      kind: 'appointment-moved',
      facts: { startsAt: '2026-03-13T11:00:00Z' },
      appointment: appointment(1),
    });
    const off = icalOf({
      ...moved,
      kind: 'appointment-cancelled',
      facts: {},
      appointment: appointment(2, true),
    });
    expect(new Set([booked, later, off].map((ical) => ical.get('UID'))).size).toBe(1);
    expect([booked, later, off].map((ical) => ical.get('SEQUENCE'))).toEqual(['0', '1', '2']);
    expect([booked, later, off].map((ical) => ical.get('METHOD'))).toEqual([
      'PUBLISH',
      'PUBLISH',
      'CANCEL',
    ]);
    expect([booked, later, off].map((ical) => ical.get('STATUS'))).toEqual([
      'CONFIRMED',
      'CONFIRMED',
      'CANCELLED',
    ]);
    expect([booked, later, off].map((ical) => ical.get('DTSTART'))).toEqual([
      '20260312T103000Z',
      '20260313T110000Z',
      undefined,
    ]);
    expect(later.get('DTEND')).toBe('20260313T120000Z');
  });

  it('is the same for every reader, of two appointments another, and says nothing', () => {
    const uid = entryOf({ appointment: appointment(0) })?.uid;
    expect(entryOf({ ...moved, appointment: appointment(0) }, 'b2@post.example.org')?.uid).toBe(
      uid,
    );
    expect(entryOf({ appointment: { ...appointment(0), root: moved.cause } })?.uid).not.toBe(uid);
    expect(uid).toMatch(/^[0-9a-f-]{36}@post\.example\.org$/);
    expect(uid).not.toContain(root);
  });

  it('stands for a booking and an agreed review, is tentative for a review that was moved, and not there for an offer', () => {
    expect(entryOf({ kind: 'review-accepted' })?.kind).toBe('confirmed');
    expect(entryOf({ kind: 'review-moved', appointment: appointment(1) })?.kind).toBe('tentative');
    const bring = noticeKinds.filter((kind) => entryOf({ kind }) !== undefined);
    expect(bring).toEqual([
      'appointment-booked',
      'review-accepted',
      'appointment-moved',
      'review-moved',
    ]);
  });

  it.each(['review-cancelled', 'appointment-cancelled', 'stop-using', 'review-declined'] as const)(
    'goes with a notice %s that says so',
    (kind) => {
      const off = icalOf({ kind, facts: {}, appointment: appointment(3, true) });
      expect([off.get('METHOD'), off.get('STATUS')]).toEqual(['CANCEL', 'CANCELLED']);
      expect(entryOf({ kind, facts: {}, appointment: appointment(3) })).toBeUndefined();
    },
  );

  it('says nothing but the time, and names nobody to answer to', () => {
    for (const cancelled of [false, true]) {
      const ical = icalOf({ appointment: appointment(1, cancelled) });
      const always = 'BEGIN CLASS DTSTAMP END METHOD PRODID SEQUENCE STATUS SUMMARY UID VERSION';
      const timed = cancelled ? '' : ' DTEND DTSTART TRANSP';
      expect([...ical.keys()].sort()).toEqual(`${always}${timed}`.split(' ').sort());
      expect([ical.get('SUMMARY'), ical.get('CLASS')]).toEqual(['Appointment', 'CONFIDENTIAL']);
      expect(ical.get('METHOD')).not.toBe('REQUEST');
    }
  });

  it('travels under the method that it bears', async () => {
    for (const [cancelled, method] of [
      [false, 'PUBLISH'],
      [true, 'CANCEL'],
    ] as const) {
      const about = notice({ appointment: appointment(1, cancelled) });
      const letter = letterOfNotice(about, 'reader@agency.example.org', 'a1@post.example.org', at);
      const key = { armored: '', binary: new Uint8Array(1) };
      const mail = Buffer.from(await composeInnerMail(letter, sender, [], key)).toString();
      expect(mail).toMatch(new RegExp(`Content-Type: text/calendar;[^:]*method=${method}\\b`));
      expect(mail).toContain(`METHOD:${method}\r\n`);
    }
  });

  it('is left out where the time cannot be read', () => {
    expect(entryOf({ facts: {} })).toBeUndefined();
    expect(entryOf({ facts: { startsAt: 'soon' } })).toBeUndefined();
  });
});
