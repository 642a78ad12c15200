import { effectId } from '#libs/contracts/message-id.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import type { Notice } from '#libs/contracts/service-forms.js';
import type { CalendarEntry } from './calendar-entry.js';
import type { Letter } from './letter.js';
import { renderMailText } from './mail-text.js';

/** Notices of a time that stands: they bring a calendar entry. An offer does not yet stand; a reminder would be a second entry. */
const timed: ReadonlySet<NoticeKind> = new Set(['appointment-booked', 'review-accepted']);
/** The forms give a start only; so long an appointment is shown in the calendar (ours). */
const shownMs = 60 * 60 * 1000;

/** The letter that a notice becomes. `messageId` is the ledger's, fixed for the notice; `at` is mesh time. */
export function letterOfNotice(notice: Notice, to: string, messageId: string, at: Date): Letter {
  const calendar = calendarOf(notice, messageId.slice(messageId.indexOf('@')), at);
  return {
    messageId,
    to,
    date: at,
    ...renderMailText(notice),
    ...(calendar === undefined ? {} : { calendar }),
  };
}

/** Every reader's entry for the same appointment bears the same uid, which says nothing: a hash of the message that fixed it. */
function calendarOf(
  { kind, cause, facts }: Notice,
  domain: string,
  at: Date,
): CalendarEntry | undefined {
  const start = typeof facts['startsAt'] === 'string' ? new Date(facts['startsAt']) : undefined;
  if (!timed.has(kind) || start === undefined || Number.isNaN(start.getTime())) return undefined;
  const uid = `${effectId(cause, 'calendar')}${domain}`;
  return { uid, sequence: 0, start, end: new Date(start.getTime() + shownMs), stampedAt: at };
}
