import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import {
  mailStatusReply,
  scheduleReply,
  worklistReply,
  type askWorklist,
  type MailStatus,
  type ScheduledReminder,
} from '#libs/contracts/ask.js';
import { caseParts, type CaseView, type WholeCase } from '#libs/contracts/ask-case.js';
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

/** How long the guard waits for a service that holds part of an answer: who asks the guard waits 5 s, also for what it has without that part. */
const serviceMs = 3_000;

interface OwnCaseRow {
  readonly id: string;
  readonly reference: string | null;
  readonly short_reference: string | null;
  readonly last_at: Date;
}

const casesAPage = 250;

type Rows = Pick<WholeCase, 'steps' | 'waiting'>;

/** That a record is of a message which this party sent, or which was given to it; that a message was stopped changes nothing. */
const isPartOf = (party: string): string =>
  `r.verdict <> 'stopped' and (r.sender = ${party} or (r.recipient = ${party} and (
      not exists (select 1 from record s where s.id = r.id and s.verdict = 'stopped')
      or exists (select 1 from delivery d where d.id = r.id and d.recipient = ${party} and d.state <> 'stopped'))))`;

/**
 * A page of a party's cases, by the newest of their records; the next page begins below the last one's newest. Only what the party sent, or
 * what was given to it, makes a case its own, and that its people have something of it today ($3).
 */
const ownCasesSql = `with own as (
    select had.case_id, max(had.seq) as last_seq, max(had.recorded_at) as last_at from (
      select r.case_id, r.seq, r.recorded_at from record r where r.case_id is not null and ${isPartOf('$1')}
      union all
      select r.case_id, r.seq, r.recorded_at from record r, party own join party office using (agency)
      where own.id = $1 and r.case_id = any($3::uuid[]) and ${isPartOf('office.id')}) had
    group by had.case_id)
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
    private readonly clock: Clock,
  ) {
    this.answers = new AnswerFilter(pool);
  }

  async worklist(
    party: string,
    { person }: z.output<typeof askWorklist>,
  ): Promise<Record<string, unknown>> {
    if (person !== undefined) await this.answers.requireColleague(party, person);
    const rows = await this.rowsOf(party, person === undefined ? {} : { person });
    const hasLeft = person !== undefined && (await this.hasLeft(person));
    return { ...rows, ...(hasLeft ? { hasLeft } : {}) };
  }

  /** What is to be done and waited for at the party, as far as the guard's own records bear it out. */
  private async rowsOf(
    party: string,
    which: { readonly person?: string; readonly cases?: readonly string[] },
  ): Promise<Rows> {
    const ask = { party, ...which };
    const { steps, waiting } = await this.fromService('svc_router', 'worklist', ask, worklistReply);
    return {
      steps: await this.answers.steps(party, steps),
      waiting: await this.answers.waiting(party, waiting),
    };
  }

  private async hasLeft(person: string): Promise<boolean> {
    const { rows } = await this.pool.query<{ leavesOn: string | null }>(
      `select body ->> 'leavesOn' as "leavesOn" from person where id = $1`,
      [person],
    );
    const leavesOn = rows[0]?.leavesOn ?? undefined;
    return leavesOn !== undefined && leavesOn < londonDate(this.clock.now());
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
    // A colleague elsewhere is away, and their case is with somebody here today: no message of it came here.
    const { steps, waiting } = await this.rowsOf(party, {}).catch(() => ({
      steps: [],
      waiting: [],
    }));
    const held = [...new Set([...steps, ...waiting].map((row) => row.case))];
    const { rows } = await this.pool.query<OwnCaseRow>(ownCasesSql, [party, before ?? null, held]);
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

  /**
   * A party's part of a case. What the guard holds is there whoever is away; whose case it is, is decided before anybody else is asked, so
   * that a case of others answers as none does then, too.
   */
  async caseView(party: string, caseId: string): Promise<Record<string, unknown>> {
    const { reference, shortReference } = await boundCase(this.pool, party, caseId);
    const [rows, reminders, mails] = await Promise.all([
      ifAtHand(this.rowsOf(party, { cases: [caseId] })),
      ifAtHand(this.reminders(party, caseId)),
      ifAtHand(this.mails(party, caseId)),
    ]);
    const parts = {
      ...rows,
      ...(reminders === undefined ? {} : { reminders }),
      ...(mails === undefined ? {} : { mails }),
    };
    const view: CaseView = {
      case: caseId,
      ...(reference === undefined ? {} : { caseref: reference }),
      ...(shortReference === undefined ? {} : { shortReference }),
      messages: await this.messagesOf(party, caseId, rows),
      ...parts,
      notHad: caseParts.filter((part) => !(part in parts)),
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

  /**
   * The party's own messages of a case; of its whole agency, where the case has moved to the party or something of it is with the party
   * now: who goes on with a case needs what went before. Offices of one agency are one data controller. Where it cannot be had what is with
   * the party now, its own messages are all it gets.
   */
  private async messagesOf(
    party: string,
    caseId: string,
    { steps, waiting }: Rows = { steps: [], waiting: [] },
  ): Promise<CaseView['messages']> {
    const isHere = steps.length + waiting.length > 0 || (await this.hasMovedTo(party, caseId));
    const { rows: found } = await this.pool.query<{ id: string }>(
      'select other.id from party own join party other using (agency) where own.id = $1 and other.id <> $1 order by other.id',
      [party],
    );
    const offices = [party, ...(isHere ? found.map(({ id }) => id) : [])];
    const { rows } = await this.pool.query<RecordRow>(
      `select * from record where id in (select id from record where case_id = $1
         and (sender = any($2::text[]) or recipient = any($2::text[]))) order by seq`,
      [caseId, offices],
    );
    return this.messages.timelinesOf(offices, rows.map(toStoredRecord));
  }

  private async hasMovedTo(party: string, caseId: string): Promise<boolean> {
    const { rows } = await this.pool.query<{ recipient: string }>(
      `select recipient from record where case_id = $1 and name = 'case.moved-office' and verdict = 'cleared'
       and (sender = $2 or recipient = $2) order by seq desc limit 1`,
      [caseId, party],
    );
    return rows[0]?.recipient === party;
  }

  private async reminders(party: string, caseId: string): Promise<ScheduledReminder[]> {
    const asked = { cases: [caseId] };
    const answer = await this.fromService('svc_reminders', 'schedule', asked, scheduleReply);
    return this.answers.reminders(party, caseId, answer.reminders);
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

/** Undefined where the service that holds it does not answer. One that answers in another form than agreed is a fault, and is seen. */
async function ifAtHand<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof MeshError && isAway.has(error.code)) return undefined;
    throw error;
  }
}
const isAway: ReadonlySet<string> = new Set(['answer-timeout', 'broker-unavailable']);
