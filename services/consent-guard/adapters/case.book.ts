import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import {
  mailStatusReply,
  scheduleReply,
  worklistReply,
  type askWorklist,
  type CaseView,
  type MailStatus,
} from '#libs/contracts/ask.js';
import {
  type CaseLine,
  type askCases,
  type overdueFiguresAsk,
  overdueFiguresReply,
  routerCasesReply,
  unattendedOfficesReply,
} from '#libs/contracts/ask-router.js';
import type { askReference } from '#libs/contracts/ask-around.js';
import { answerSubject } from '#libs/contracts/subjects.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { readShortReference } from '#libs/contracts/short-reference.js';
import { requestJson } from '#libs/nats/ask-client.js';
import type { z } from 'zod';
import { AnswerFilter } from './answer-filter.js';
import { boundCase } from './bound-case.js';
import type { MessageBook } from './message.book.js';
import { type RecordRow, toStoredRecord } from './record-rows.js';

/** How long the guard waits for a service that holds part of an answer. */
const serviceMs = 4_000;

interface OwnCaseRow {
  readonly id: string;
  readonly reference: string | null;
  readonly short_reference: string | null;
  readonly last_at: Date;
}

const casesAPage = 250;

/**
 * A page of a party's cases, by the newest of their records; the next page begins below the last one's newest. Only what the party sent, or
 * what was given to it, makes a case its own; that a message was stopped changes nothing.
 */
const ownCasesSql = `with own as (
    select r.case_id, max(r.seq) as last_seq, max(r.recorded_at) as last_at from record r
    where r.case_id is not null and r.verdict <> 'stopped' and (r.sender = $1 or (r.recipient = $1 and (
      not exists (select 1 from record s where s.id = r.id and s.verdict = 'stopped')
      or exists (select 1 from delivery d where d.id = r.id and d.recipient = $1 and d.state <> 'stopped'))))
    group by r.case_id)
  select c.id, f.reference, c.short_reference, o.last_at from own o join client_case c on c.id = o.case_id
  join party p on p.id = $1 join case_agency a on a.case_id = c.id and a.agency = p.agency
  left join case_reference f on f.case_id = c.id and f.party = $1
  where $2::uuid is null or o.last_seq < (select last_seq from own where case_id = $2)
  order by o.last_seq desc limit ${casesAPage}`;

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
    if (person !== undefined) await this.answers.requireColleague(party, person);
    const ask = { party, ...(person === undefined ? {} : { person }) };
    const { steps, waiting } = await this.fromService('svc_router', 'worklist', ask, worklistReply);
    return {
      steps: await this.answers.steps(party, steps),
      waiting: await this.answers.waiting(party, waiting),
    };
  }

  /** @throws MeshError `malformed-message` for a slip of the pen, which the check character shows; `not-found` alike for others' and for none */
  async resolve(
    party: string,
    { reference }: z.output<typeof askReference>,
  ): Promise<Record<string, unknown>> {
    const short = readShortReference(reference);
    if (short === undefined)
      throw new MeshError('malformed-message', 'the reference is mistyped; read it again', {
        field: 'reference',
      });
    const { rows } = await this.pool.query<{ id: string }>(
      `select c.id from client_case c join case_agency a on a.case_id = c.id join party p on p.agency = a.agency
       where c.short_reference = $1 and p.id = $2`,
      [short, party],
    );
    const [row] = rows;
    if (row === undefined) throw new MeshError('not-found', 'no case of yours has this reference');
    return { case: row.id };
  }

  /** Without the router the list is there all the same, less where each case stands. */
  async cases(
    party: string,
    { person, before }: z.output<typeof askCases>,
  ): Promise<Record<string, unknown>> {
    if (person !== undefined) await this.answers.requireColleague(party, person);
    const { rows } = await this.pool.query<OwnCaseRow>(ownCasesSql, [party, before ?? null]);
    const lines = await this.linesOf(
      party,
      rows.map(({ id }) => id),
    );
    const cases = rows
      .filter(({ id }) => person === undefined || lines.get(id)?.owner === person)
      .map((row) => {
        const { case: _case, ...line } = lines.get(row.id) ?? {};
        return {
          case: row.id,
          ...(row.reference === null ? {} : { caseref: row.reference }),
          ...(row.short_reference === null ? {} : { shortReference: row.short_reference }),
          lastAt: row.last_at.toISOString(),
          ...(lines.has(row.id) ? { line } : {}),
        };
      });
    const last = rows.length === casesAPage ? rows.at(-1)?.id : undefined;
    return { cases, ...(last === undefined ? {} : { next: last }) };
  }

  /** What the router says of the party's own cases, by case. It can name no other case, and no person of another agency. */
  private async linesOf(
    party: string,
    cases: readonly string[],
  ): Promise<ReadonlyMap<string, CaseLine>> {
    if (cases.length === 0) return new Map();
    const asked = { party, cases, limit: casesAPage };
    const answer = await this.fromService('svc_router', 'cases', asked, routerCasesReply).catch(
      () => undefined,
    );
    const own = new Set(cases);
    const known = (answer?.cases ?? []).filter((line) => own.has(line.case));
    const colleagues = await this.answers.colleagues(
      party,
      known.map(({ owner }) => owner),
    );
    return new Map(
      known.filter(({ owner }) => colleagues.has(owner)).map((line) => [line.case, line]),
    );
  }

  async caseView(party: string, caseId: string): Promise<Record<string, unknown>> {
    const { reference, shortReference } = await boundCase(this.pool, party, caseId);
    const { rows } = await this.pool.query<RecordRow>(
      `select * from record where id in (select id from record where case_id = $1 and (sender = $2 or recipient = $2)) order by seq`,
      [caseId, party],
    );
    const [{ steps, waiting }, { reminders }, mails] = await Promise.all([
      this.fromService('svc_router', 'worklist', { party, cases: [caseId] }, worklistReply),
      this.fromService('svc_reminders', 'schedule', { cases: [caseId] }, scheduleReply),
      this.mails(party, caseId),
    ]);
    const view: CaseView = {
      case: caseId,
      ...(reference === undefined ? {} : { caseref: reference }),
      ...(shortReference === undefined ? {} : { shortReference }),
      messages: await this.messages.timelinesOf(party, rows.map(toStoredRecord)),
      steps: await this.answers.steps(party, steps),
      waiting: await this.answers.waiting(party, waiting),
      reminders: await this.answers.reminders(party, caseId, reminders),
      mails,
    };
    return { ...view };
  }

  /** Numbers by region, for the drugs coordinators; no case is among them. */
  async overdueFigures(
    asked: z.output<typeof overdueFiguresAsk>,
  ): Promise<Record<string, unknown>> {
    return this.fromService('svc_router', 'overdue-figures', asked, overdueFiguresReply);
  }

  /** Offices where nobody would answer today. */
  async unattendedOffices(): Promise<Record<string, unknown>> {
    return this.fromService('svc_router', 'unattended-offices', {}, unattendedOfficesReply);
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
