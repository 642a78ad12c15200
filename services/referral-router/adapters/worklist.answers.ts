import type { Kysely } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import { routerWorklistAsk } from '#libs/contracts/ask.js';
import type { AnswerHandler } from '#libs/nats/answer-server.js';
import type { Holder } from '../domain/case-state.js';
import { type People, isOnListOf } from '../domain/find-person.js';
import { stepRow, waitingRow } from '../domain/list-rows.js';
import { answering, readAsk } from './answering.js';
import { loadNamings } from './case.store.js';
import { loadDirectory } from './directory.store.js';
import { namesOf } from './notice.store.js';
import type { RouterTables } from './router-tables.js';
import { type Page, stepsOfParty } from './step.store.js';
import { waitsOfParty } from './wait.store.js';

/** About 450 bytes a row: an answer stays well under the broker's payload limit of 1 MB. */
const mostRows = 1_000;

interface Asked {
  readonly party: string;
  readonly person?: string | undefined;
  readonly cases?: readonly string[] | undefined;
}

/** A list of a case's rows as the database has it, a page at a time. */
type Pages<T> = (page: Page) => Promise<readonly T[]>;

/** `worklist`: the open steps of a party, or of one of its people, and what it waits for. The guard passes on what its records bear out. */
export class WorklistAnswers {
  constructor(
    private readonly db: Kysely<RouterTables>,
    private readonly clock: Clock,
  ) {}

  get handlers(): Readonly<Record<'worklist', AnswerHandler>> {
    return { worklist: (payload) => answering(() => this.worklist(payload)) };
  }

  private async worklist(payload: unknown): ReturnType<AnswerHandler> {
    const asked = readAsk(routerWorklistAsk, payload, '{ party, person?, cases? }');
    const { party, cases } = asked;
    const [steps, waiting] = await Promise.all([
      this.rowsOf(asked, (page) => stepsOfParty(this.db, party, { cases, page }), stepRow),
      this.rowsOf(asked, (page) => waitsOfParty(this.db, party, { cases, page }), waitingRow),
    ]);
    return { ok: true, steps, waiting };
  }

  /** Those rows that are on the party's list, and with the person asked for; oldest due first. */
  private async rowsOf<
    T extends { readonly caseId: string; readonly holder: Holder },
    R extends { readonly party: string; readonly owner: string },
  >(
    { party, person }: Asked,
    pages: Pages<T>,
    toRow: (stored: T, people: People) => R,
  ): Promise<readonly R[]> {
    const rows: R[] = [];
    for (let offset = 0; rows.length < mostRows; offset += mostRows) {
      const stored = await pages({ offset, limit: mostRows });
      const peopleOf = await this.people(stored);
      for (const each of stored) {
        const people = peopleOf(each.caseId);
        const row = toRow(each, people);
        if (!isOnListOf(party, row, people.directory)) continue;
        if (person === undefined || row.owner === person) rows.push(row);
      }
      if (stored.length < mostRows) break;
    }
    return rows.slice(0, mostRows);
  }

  private async people(
    stored: readonly { readonly caseId: string; readonly holder: Holder }[],
  ): Promise<(caseId: string) => People> {
    const today = londonDate(this.clock.now());
    const namings = await loadNamings(this.db, [...new Set(stored.map(({ caseId }) => caseId))]);
    const directory = await loadDirectory(
      this.db,
      ...namesOf(stored, [...namings.values()].flat()),
    );
    return (caseId) => ({ namings: namings.get(caseId) ?? [], directory, today });
  }
}
