import { mailStatusAsk } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { AnswerHandler } from '#libs/nats/answer-server.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { countMails, mailStatusOf } from './mail-ledger.store.js';
import type { NotifierDatabase } from './notifier-database.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the guard asks on `answer.svc_notifier.*`: `mail-status` of notices, for a case's timeline, and `counts` by state. */
export function mailAnswers(db: NotifierDatabase): Readonly<Record<string, AnswerHandler>> {
  return {
    'mail-status': async (payload) => {
      const asked = mailStatusAsk.safeParse(payload);
      if (!asked.success)
        throw new MeshError('malformed-message', 'notices must be a list of at most 1000 ids', {
          field: 'notices',
        });
      const notices = asked.data.notices.filter((id) => uuid.test(id));
      return { ok: true, mails: await stored(mailStatusOf(db, notices)) };
    },
    counts: async () => ({ ok: true, counts: (await stored(countMails(db))).states }),
  };
}

const stored = <T>(query: Promise<T>): Promise<T> =>
  query.catch((error: unknown) => {
    throw toStoreError(error);
  });
