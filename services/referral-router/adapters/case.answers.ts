import { type Kysely, sql } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import { type CaseLine, routerCasesAsk } from '#libs/contracts/ask-router.js';
import type { CaseEndName } from '#libs/contracts/case-ends.js';
import type { AnswerHandler } from '#libs/nats/answer-server.js';
import { caseLine } from '../domain/list-rows.js';
import { answering, readAsk } from './answering.js';
import { loadNamings } from './case.store.js';
import { loadDirectory } from './directory.store.js';
import { namesOf } from './notice.store.js';
import type { RouterTables } from './router-tables.js';
import { type StoredStep, stepsOfCases } from './step.store.js';
import { type StoredWait, waitsOfCases } from './wait.store.js';

interface Part {
  readonly case_id: string;
  readonly agency: string;
  readonly ending: string | null;
  readonly since: Date;
}

/** How many cases are read at once, however many are asked for: of a person's, most may be another's. */
const batch = 200;

/** `cases`: the cases of a party in one line each, ended ones too. */
export class CaseAnswers {
  constructor(
    private readonly db: Kysely<RouterTables>,
    private readonly clock: Clock,
  ) {}

  get handlers(): Readonly<Record<'cases', AnswerHandler>> {
    return { cases: (payload) => answering(() => this.cases(payload)) };
  }

  private async cases(payload: unknown): ReturnType<AnswerHandler> {
    const shape = '{ party, person?, cases?, after?, limit? }';
    const { party, person, cases, after, limit } = readAsk(routerCasesAsk, payload, shape);
    const lines: CaseLine[] = [];
    let place = after;
    for (let isMore = true; isMore && lines.length <= limit;) {
      const parts = await this.parts(party, place, cases);
      lines.push(
        ...(await this.lines(party, parts)).filter(
          ({ owner }) => person === undefined || owner === person,
        ),
      );
      place = parts.at(-1)?.case_id;
      isMore = parts.length === batch;
    }
    const shown = lines.slice(0, limit);
    const next = lines.length > limit ? shown.at(-1)?.case : undefined;
    return { ok: true, cases: shown, ...(next === undefined ? {} : { next }) };
  }

  /** Of all cases that something of came to the party; of cases that are named, also those that only its agency has. */
  private parts(
    party: string,
    after: string | undefined,
    cases: readonly string[] | undefined,
  ): Promise<readonly Part[]> {
    const isOfAgency = sql<boolean>`agency = (select agency from directory_parties where party = ${party})`;
    return this.db
      .selectFrom('case_parts')
      .select(['case_id', 'agency', 'ending', 'since'])
      .distinctOn('case_id')
      .where((where) =>
        cases === undefined
          ? where('party', '=', party)
          : where.and([
              where.or([where('party', '=', party), isOfAgency]),
              sql<boolean>`case_id = any(${[...cases]}::text[])`,
            ]),
      )
      .where('case_id', '>', after ?? '')
      .orderBy('case_id')
      .limit(batch)
      .execute();
  }

  private async lines(party: string, parts: readonly Part[]): Promise<readonly CaseLine[]> {
    const ids = parts.map(({ case_id }) => case_id);
    const [steps, waits, namings, offices] = await Promise.all([
      stepsOfCases(this.db, ids),
      waitsOfCases(this.db, ids),
      loadNamings(this.db, ids),
      this.officesOf(parts),
    ]);
    const directory = await loadDirectory(
      this.db,
      ...namesOf(
        [...steps, ...waits, { holder: { party, who: 'caseworker' as const } }],
        [...namings.values()].flat(),
      ),
    );
    const today = londonDate(this.clock.now());
    return parts.map(({ case_id: id, agency, ending, since }) => {
      const isTheirs = ({ caseId, holder }: StoredStep | StoredWait): boolean =>
        caseId === id && (offices.get(holder.party) ?? holder.party) === agency;
      const part = {
        ...(ending === null ? {} : { end: ending as CaseEndName }),
        since: since.toISOString(),
      };
      const own = { part, steps: steps.filter(isTheirs), waits: waits.filter(isTheirs) };
      return caseLine(id, party, own, { namings: namings.get(id) ?? [], directory, today });
    });
  }

  /** The agencies of the offices of these parts, by office. */
  private async officesOf(parts: readonly Part[]): Promise<ReadonlyMap<string, string>> {
    const agencies = [...new Set(parts.map(({ agency }) => agency))];
    const rows = await this.db
      .selectFrom('directory_parties')
      .select(['party', 'agency'])
      .where(sql<boolean>`agency = any(${agencies}::text[])`)
      .execute();
    return new Map(rows.map(({ party, agency }) => [party, agency]));
  }
}
