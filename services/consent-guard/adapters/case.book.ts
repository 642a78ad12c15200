import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import {
  mailStatusReply,
  scheduleReply,
  worklistReply,
  type CaseView,
  type MailStatus,
  type ScheduledReminder,
  type WorklistStep,
} from '#libs/contracts/ask.js';
import { answerSubject } from '#libs/contracts/subjects.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { requestJson } from '#libs/nats/ask-client.js';
import type { z } from 'zod';
import { boundCase } from './bound-case.js';
import type { MessageBook } from './message.book.js';
import { type RecordRow, toStoredRecord } from './record-rows.js';

/** How long the guard waits for a service that holds part of an answer. */
const serviceMs = 4_000;

/** Cases as a party may see them: its own part. What services answer is passed on only for cases bound to the asker's agency. */
export class CaseBook {
  constructor(
    private readonly pool: Pool,
    private readonly connection: NatsConnection,
    private readonly messages: MessageBook,
  ) {}

  async worklist(party: string): Promise<Record<string, unknown>> {
    const { steps } = await this.fromService('svc_router', 'worklist', { party }, worklistReply);
    return { steps: await this.boundOnly(party, steps) };
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
      steps: await this.boundOnly(party, steps),
      reminders: await this.ownReminders(party, caseId, reminders),
      mails,
    };
    return { ...view };
  }

  private async mails(party: string, caseId: string): Promise<MailStatus[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      `select r.id from record r join person h on h.id = r.facts ->> 'person' where r.case_id = $1 and r.name = 'notice.requested' and h.party = $2
       and r.verdict = 'cleared' order by r.seq desc limit 1000`,
      [caseId, party],
    );
    if (rows.length === 0) return [];
    const { mails } = await this.fromService('svc_notifier', 'mail-status', { notices: rows.map((row) => row.id) }, mailStatusReply);
    const known = new Set(rows.map((row) => row.id));
    return mails.filter((mail) => known.has(mail.notice));
  }

  private async ownReminders(party: string, caseId: string, reminders: readonly ScheduledReminder[]): Promise<ScheduledReminder[]> {
    const anchors = [...new Set(reminders.map((reminder) => reminder.anchor))];
    // A provider's review is no business of the job centre, and a claim is none of the provider's.
    const { rows } = await this.pool.query<{ id: string }>(
      'select distinct id from record where id = any($1::uuid[]) and case_id = $2 and (sender = $3 or recipient = $3)',
      [anchors, caseId, party],
    );
    const own = new Set(rows.map((row) => row.id));
    return reminders.filter((reminder) => own.has(reminder.anchor) && reminder.case === caseId);
  }

  private async boundOnly(party: string, steps: readonly WorklistStep[]): Promise<WorklistStep[]> {
    const { rows } = await this.pool.query<{ case_id: string; reference: string | null }>(
      'select a.case_id, a.reference from case_agency a join party p on p.agency = a.agency where p.id = $1 and a.case_id = any($2::uuid[])',
      [party, [...new Set(steps.map((step) => step.case))]],
    );
    const references = new Map(rows.map((row) => [row.case_id, row.reference]));
    return steps.flatMap((step) => {
      if (step.party !== party || !references.has(step.case)) return [];
      const reference = references.get(step.case);
      return [{ ...step, ...(reference === null || reference === undefined ? {} : { caseref: reference }) }];
    });
  }

  private async fromService<T extends z.ZodType>(service: string, verb: string, payload: object, schema: T): Promise<z.output<T>> {
    const reply = await requestJson<Record<string, unknown>>(this.connection, answerSubject(service, verb), payload, serviceMs);
    if (!reply.ok) throw new MeshError(reply.code, 'part of the answer is not to be had now; ask again');
    const { ok: _ok, ...answer } = reply;
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw new MeshError('internal', `${service} answered in another form than agreed`);
    return parsed.data;
  }
}
