import type { Pool } from 'pg';
import type { ScheduledReminder, WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { anchorsOf } from '../domain/decide-service-message.js';
import type { GuardRecord } from '../domain/guard-record.js';
import { mayHoldStep } from '../domain/may-hold-step.js';
import { behindStep, waitingOn } from '../domain/row-shown.js';
import { type RecordRow, toStoredRecord } from './record-rows.js';

interface Row extends Pick<WorklistStep, 'case' | 'party' | 'owner' | 'cause' | 'standsInFor'> {
  readonly deputy?: string;
}

interface Ground {
  readonly party: string;
  readonly asker: Asker;
  /** By case, of those bound to the agency. */
  readonly references: ReadonlyMap<string, Pick<WorklistStep, 'caseref' | 'shortReference'>>;
  /** The agency's people, with the party where each works. */
  readonly people: ReadonlyMap<string, string>;
  readonly offices: ReadonlySet<string>;
  readonly recordOf: (id: string) => GuardRecord | undefined;
}

interface Asker {
  readonly agency: string;
  readonly kind: PartyKind;
}

const chainSql = `with recursive chain (id, cause, depth) as (
    select id, cause, 0 from record where id = any($1::uuid[]) and ordinal = 0
    union select r.id, r.cause, c.depth + 1 from record r join chain c on r.id = c.cause where r.ordinal = 0 and c.depth < 5
  ) select distinct on (r.id) r.* from record r where r.id in (select id from chain) order by r.id, r.ordinal desc`;

/**
 * What services answer, held against the guard's own records before a party gets it: a service that lies, or was taken over, can leave
 * something out and nothing else. What it says of people and causes must be so on record, else the line is dropped.
 */
export class AnswerFilter {
  constructor(private readonly pool: Pool) {}

  /**
   * Steps of cases bound to the asker's agency, each opened for its side by a record it may know, and held by people of its own: those of the
   * asking party, and those at another office of its agency whose owner works at the asking party.
   */
  async steps(party: string, steps: readonly WorklistStep[]): Promise<WorklistStep[]> {
    const ground = await this.ground(party, steps);
    if (ground === undefined) return [];
    return steps.flatMap((step) => {
      if (!isTheirs(step, ground) || !ground.people.has(step.deputy)) return [];
      if (!mayHoldStep(ground.asker, step, ground.recordOf)) return [];
      const { caseref: _theirs, about: _about, counterpart: _other, form: _form, ...shown } = step;
      return [
        {
          ...shown,
          ...ground.references.get(step.case),
          ...behindStep(ground.asker, step, ground.recordOf),
        },
      ];
    });
  }

  /** What the asking party, or one of its people, waits for: each row so on record. */
  async waiting(party: string, rows: readonly WaitingFor[]): Promise<WaitingFor[]> {
    const ground = await this.ground(party, rows);
    if (ground === undefined) return [];
    return rows.flatMap((row) => {
      const counterpart = waitingOn(ground.asker, row, ground.recordOf);
      if (counterpart === undefined || !isTheirs(row, ground)) return [];
      const { caseref: _theirs, shortReference: _short, ...shown } = row;
      return [{ ...shown, ...ground.references.get(row.case), counterpart }];
    });
  }

  /** Of these people, who is of the asker's agency, and at which office. */
  async colleagues(party: string, people: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const asker = await this.asker(party);
    return this.people(asker?.agency ?? '', [...new Set(people)]);
  }

  /** @throws MeshError `not-found` where the person is not of the asker's agency */
  async requireColleague(party: string, person: string): Promise<void> {
    const people = await this.colleagues(party, [person]);
    if (!people.has(person))
      throw new MeshError('not-found', 'no such person of your own agency', { field: 'person' });
  }

  /** Reminders of the asker's own agency in that case, each counted from a record of its own that such a reminder may be counted from. */
  async reminders(
    party: string,
    caseId: string,
    reminders: readonly ScheduledReminder[],
  ): Promise<ScheduledReminder[]> {
    const { rows } = await this.pool.query<{ id: string; name: string }>(
      `select distinct id, name from record where id = any($1::uuid[]) and case_id = $2 and (sender = $3 or recipient = $3)`,
      [[...new Set(reminders.map(({ anchor }) => anchor))], caseId, party],
    );
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    const isCounted = ({ anchor, kind }: ScheduledReminder): boolean =>
      anchorsOf[kind].some((name) => name === names.get(anchor));
    return reminders.filter(
      (reminder) => reminder.case === caseId && reminder.party === party && isCounted(reminder),
    );
  }

  /** The notices of that case to people of the party, as the guard let them go: by id, person and kind. */
  async noticesOf(
    party: string,
    caseId: string,
  ): Promise<ReadonlyMap<string, { readonly person: string; readonly kind: string }>> {
    const { rows } = await this.pool.query<{ id: string; person: string; kind: string }>(
      `select r.id, r.facts ->> 'person' as person, r.facts ->> 'kind' as kind from record r join person h on h.id = r.facts ->> 'person'
       where r.case_id = $1 and r.name = 'notice.requested' and h.party = $2 and r.verdict = 'cleared' order by r.seq desc limit 1000`,
      [caseId, party],
    );
    return new Map(rows.map(({ id, person, kind }) => [id, { person, kind }]));
  }

  /** What rows are held against; undefined where there is nothing to hold. */
  private async ground(party: string, rows: readonly Row[]): Promise<Ground | undefined> {
    const asker = await this.asker(party);
    if (asker === undefined || rows.length === 0) return undefined;
    const distinct = (pick: (row: Row) => readonly string[]): string[] => [
      ...new Set(rows.flatMap(pick)),
    ];
    const [references, records, people, offices] = await Promise.all([
      this.references(
        party,
        asker.agency,
        distinct((row) => [row.case]),
      ),
      this.records(distinct(({ cause }) => [cause])),
      this.people(
        asker.agency,
        distinct(({ owner, deputy, standsInFor }) =>
          [owner, deputy, standsInFor].filter((person) => person !== undefined),
        ),
      ),
      this.offices(asker.agency),
    ]);
    return { party, asker, references, people, offices, recordOf: (id) => records.get(id) };
  }

  private async asker(party: string): Promise<Asker | undefined> {
    const { rows } = await this.pool.query<Asker>(
      'select agency, kind from party where id = $1 and active',
      [party],
    );
    return rows[0];
  }

  private async offices(agency: string): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ id: string }>(
      'select id from party where agency = $1',
      [agency],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Of these cases, those bound to the agency, with the asking party's own reference and the short one. */
  private async references(
    party: string,
    agency: string,
    cases: readonly string[],
  ): Promise<Ground['references']> {
    const { rows } = await this.pool.query<{
      case_id: string;
      reference: string | null;
      short_reference: string | null;
    }>(
      `select a.case_id, r.reference, c.short_reference from case_agency a join client_case c on c.id = a.case_id
       left join case_reference r on r.case_id = a.case_id and r.party = $1 where a.agency = $2 and a.case_id = any($3::uuid[])`,
      [party, agency, cases],
    );
    return new Map(
      rows.map((row) => [
        row.case_id,
        {
          ...(row.reference === null ? {} : { caseref: row.reference }),
          ...(row.short_reference === null ? {} : { shortReference: row.short_reference }),
        },
      ]),
    );
  }

  private async records(ids: readonly string[]): Promise<ReadonlyMap<string, GuardRecord>> {
    const { rows } = await this.pool.query<RecordRow>(chainSql, [ids]);
    return new Map(rows.map((row) => [row.id, toStoredRecord(row)]));
  }

  /** Of these, who is of that agency, and at which office; also who has left since, so that no step is lost with its owner. */
  private async people(
    agency: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.pool.query<{ id: string; party: string }>(
      'select h.id, h.party from person h join party p on p.id = h.party where p.agency = $1 and h.id = any($2::text[])',
      [agency, ids],
    );
    return new Map(rows.map(({ id, party }) => [id, party]));
  }
}

/** A row is the asking party's: of a case of its agency, held by somebody of its agency, at its own office or by one of its own people. */
const isTheirs = (
  row: Pick<Row, 'case' | 'party' | 'owner' | 'standsInFor'>,
  { party, references, people, offices }: Ground,
): boolean =>
  references.has(row.case) &&
  people.has(row.owner) &&
  (row.standsInFor === undefined || people.has(row.standsInFor)) &&
  offices.has(row.party) &&
  (row.party === party || people.get(row.owner) === party);
