import type { Notice } from '#libs/contracts/service-forms.js';
import { calendarOf } from './calendar-of-notice.js';
import type { Letter } from './letter.js';
import { renderMailText } from './mail-text.js';

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
