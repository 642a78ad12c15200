import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import {
  type askWorklist,
  mailStatusReply,
  scheduleReply,
  worklistReply,
  type CaseView,
  type MailStatus,
} from '#libs/contracts/ask.js';
import { answerSubject } from '#libs/contracts/subjects.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { requestJson } from '#libs/nats/ask-client.js';
import type { z } from 'zod';
import { AnswerFilter } from './answer-filter.js';
import { boundCase } from './bound-case.js';
import type { MessageBook } from './message.book.js';
import { type RecordRow, toStoredRecord } from './record-rows.js';

/** How long the guard waits for a service that holds part of an answer. */
const serviceMs = 4_000;

/** Cases as a party may see them: its own part. What services answer is passed on only for cases bound to the asker's agency. */
export class CaseBook {
  private readonly answers: AnswerFilter;

  constructor(
    private readonly pool: Pool,
    private readonly connection: NatsConnection,
    private readonly messages: MessageBook,
  ) {
    this.answers = new AnswerFilter(pool);
  }

  async worklist(
    party: string,
    { person }: z.output<typeof askWorklist>,
  ): Promise<Record<string, unknown>> {
    const asked = { party, ...(person === undefined ? {} : { person }) };
    const { steps } = await this.fromService('svc_router', 'worklist', asked, worklistReply);
    return { steps: await this.answers.steps(party, steps) };
  }

  async caseView(party: string, caseId: string): Promise<Record<string, unknown>> {
    const { reference } = await boundCase(this.pool, party, caseId);
    const { rows } = await this.pool.query<RecordRow>(
      `select * from record where id in (select id from record where case_id = $1 and (sender = $2 or recipient = $2)) order by seq`,
      [caseId, party],
    );
    const [{ steps }, { reminders }, mails] = await Promise.all([
      this.fromService('svc_router', 'worklist', { party, cases: [caseId] }, worklistReply),
      this.fromService('svc_reminders', 'schedule', { cases: [caseId] }, scheduleReply),
      this.mails(party, caseId),
    ]);
    const view: CaseView = {
      case: caseId,
      ...(reference === undefined ? {} : { caseref: reference }),
      messages: await this.messages.timelinesOf(party, rows.map(toStoredRecord)),
      steps: await this.answers.steps(party, steps),
      reminders: await this.answers.reminders(party, caseId, reminders),
      mails,
    };
    return { ...view };
  }

  private async mails(party: string, caseId: string): Promise<MailStatus[]> {
    const notices = await this.answers.noticesOf(party, caseId);
    if (notices.size === 0) return [];
    const { mails } = await this.fromService(
      'svc_notifier',
      'mail-status',
      { notices: [...notices.keys()] },
      mailStatusReply,
    );
    return mails.filter(
      ({ notice, person, kind }) =>
        notices.get(notice)?.person === person && notices.get(notice)?.kind === kind,
    );
  }

  private async fromService<T extends z.ZodType>(
    service: string,
    verb: string,
    payload: object,
    schema: T,
  ): Promise<z.output<T>> {
    const reply = await requestJson<Record<string, unknown>>(
      this.connection,
      answerSubject(service, verb),
      payload,
      serviceMs,
    );
    // Of a refusal only that there was one: its words are the service's, and the asker is not the one it answers.
    if (!reply.ok)
      throw new MeshError('answer-timeout', 'part of the answer is not to be had now; ask again');
    const { ok: _ok, ...answer } = reply;
    const parsed = schema.safeParse(answer);
    if (!parsed.success)
      throw new MeshError('internal', `${service} answered in another form than agreed`);
    return parsed.data;
  }
}
