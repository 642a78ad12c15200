import { type Kysely, sql } from 'kysely';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import { overdueFiguresAsk } from '#libs/contracts/ask-router.js';
import type { AnswerHandler } from '#libs/nats/answer-server.js';
import { figuresByRegion, isUnattended } from '../domain/count-overdue.js';
import { answering, readAsk } from './answering.js';
import { loadOffices } from './directory.store.js';
import type { RouterTables } from './router-tables.js';

const yearDays = 365;

type Verb = 'counts' | 'overdue-figures' | 'unattended-offices';

/** Numbers and offices, for the operator and the districts' coordinators; never a case. */
export class OperatorAnswers {
  constructor(
    private readonly db: Kysely<RouterTables>,
    private readonly clock: Clock,
  ) {}

  get handlers(): Readonly<Record<Verb, AnswerHandler>> {
    return {
      counts: () => answering(() => this.counts()),
      'overdue-figures': (payload) => answering(() => this.figures(payload)),
      'unattended-offices': () => answering(() => this.unattended()),
    };
  }

  /** Open steps by party and step; numbers only. */
  private async counts(): ReturnType<AnswerHandler> {
    const counts = await this.db
      .selectFrom('steps')
      .select(['party', 'step'])
      .select(sql<number>`count(*)`.as('open'))
      .select(sql<number>`count(*) filter (where due_on < ${this.today()}::date)`.as('overdue'))
      .groupBy(['party', 'step'])
      .orderBy('party')
      .orderBy('step')
      .execute();
    return { ok: true, counts };
  }

  /** Steps of job centres that went past the team leader, over the year up to today, by region. */
  private async figures(payload: unknown): ReturnType<AnswerHandler> {
    const { region } = readAsk(overdueFiguresAsk, payload, '{ region? }');
    const to = this.today();
    const from = addDays(to, 1 - yearDays);
    const counted = await this.db
      .selectFrom('past_leader')
      .innerJoin('directory_parties', 'directory_parties.party', 'past_leader.party')
      .select(sql<string | null>`put ->> 'district'`.as('district'))
      .select(sql<number>`count(*)`.as('steps'))
      .where(sql<boolean>`put ->> 'kind' = 'jobcentre'`)
      .where('since', '>=', from)
      .where('since', '<=', to)
      .groupBy(sql`put ->> 'district'`)
      .execute();
    return { ok: true, from, to, figures: figuresByRegion(counted, region) };
  }

  private async unattended(): ReturnType<AnswerHandler> {
    const { parties, directory } = await loadOffices(this.db);
    const today = this.today();
    const offices = parties.filter((party) => isUnattended(party, directory, today));
    return { ok: true, offices: offices.map(({ party }) => party) };
  }

  private today(): string {
    return londonDate(this.clock.now());
  }
}
