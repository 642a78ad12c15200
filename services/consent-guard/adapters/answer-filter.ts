import type { Pool } from 'pg';
import type { ScheduledReminder, WorklistStep } from '#libs/contracts/ask.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { anchorsOf } from '../domain/decide-service-message.js';
import type { GuardRecord } from '../domain/guard-record.js';
import { mayHoldStep } from '../domain/may-hold-step.js';
import { type RecordRow, toStoredRecord } from './record-rows.js';

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

  /** Steps of cases bound to the asker's agency, each opened for its side by a record it may know, and held by people of its own. */
  async steps(party: string, steps: readonly WorklistStep[]): Promise<WorklistStep[]> {
    const asker = await this.asker(party);
    const mine = steps.filter((step) => step.party === party);
    if (asker === undefined || mine.length === 0) return [];
    const [references, records, people] = await Promise.all([
      this.references(asker.agency, [...new Set(mine.map((step) => step.case))]),
      this.records([...new Set(mine.map(({ cause }) => cause))]),
      this.people(asker.agency, [...new Set(mine.flatMap(({ owner, deputy }) => [owner, deputy]))]),
    ]);
    return mine.flatMap((step) => {
      const isMine = references.has(step.case) && people.has(step.owner) && people.has(step.deputy);
      if (!isMine || !mayHoldStep(asker, step, (id) => records.get(id))) return [];
      const { caseref: _theirs, ...shown } = step;
      const reference = references.get(step.case);
      return [
        {
          ...shown,
          ...(reference === null || reference === undefined ? {} : { caseref: reference }),
        },
      ];
    });
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

  private async asker(party: string): Promise<Asker | undefined> {
    const { rows } = await this.pool.query<Asker>(
      'select agency, kind from party where id = $1 and active',
      [party],
    );
    return rows[0];
  }

  private async references(
    agency: string,
    cases: readonly string[],
  ): Promise<ReadonlyMap<string, string | null>> {
    const { rows } = await this.pool.query<{ case_id: string; reference: string | null }>(
      'select case_id, reference from case_agency where agency = $1 and case_id = any($2::uuid[])',
      [agency, cases],
    );
    return new Map(rows.map((row) => [row.case_id, row.reference]));
  }

  private async records(ids: readonly string[]): Promise<ReadonlyMap<string, GuardRecord>> {
    const { rows } = await this.pool.query<RecordRow>(chainSql, [ids]);
    return new Map(rows.map((row) => [row.id, toStoredRecord(row)]));
  }

  /** Of these, who is of that agency; also who has left since, so that no step is lost with its owner. */
  private async people(agency: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ id: string }>(
      'select h.id from person h join party p on p.id = h.party where p.agency = $1 and h.id = any($2::text[])',
      [agency, ids],
    );
    return new Set(rows.map((row) => row.id));
  }
}
