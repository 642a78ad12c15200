import type { Pool } from 'pg';
import type { z } from 'zod';
import type { Clock } from '#libs/clock/clock.js';
import type {
  ClientView,
  ViewConsent,
  ViewEntry,
  askClientView,
  askReleasedView,
} from '#libs/contracts/client-view.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Category, ConsentForm } from '#libs/contracts/purposes.js';
import { isUntoldStop } from '#libs/contracts/verdict.js';
import {
  type NamedParty,
  PartyNames,
  type TakenConsent,
  viewConsent,
  viewEntry,
} from '../domain/client-view.js';
import { lineSeen } from '../domain/line-seen.js';
import { boundCase } from './bound-case.js';
import { readSight } from './consent-sight.js';
import { type RecordRow, toStoredRecord } from './record-rows.js';
import { type ScopeRow, toScope } from './scope-rows.js';

/** Entries a page: about 500 bytes each, well below what one answer carries. */
const pageSize = 250;
/** What was released is given out for so long, in ms of the mesh's clock. */
const releaseMs = 3_600_000;

interface ToldRow extends RecordRow {
  readonly first_at: Date;
  readonly state: string | null;
  readonly told: string[] | null;
  readonly withheld: string[] | null;
}

/** What is asked for: a client's records until then, and which of them. `$4` an agency, or null for all. */
interface Wanted {
  readonly client: string;
  readonly until: Date;
  readonly caseId: string | null;
  readonly agency: string | null;
  readonly page: number;
}

/**
 * Newest record of each message that one agency sent about the client, or that went to one. Left out: what stays with its sender (care plans,
 * claims), the mesh's own notices, and consents, which stand apart. A recipient sees what it got, never what was blocked or taken back.
 */
const recordsSql = `with newest as (
    select distinct on (r.id) r.*, min(r.recorded_at) over (partition by r.id) as first_at from record r
    where r.case_id in (select id from client_case where client = $1) and r.client = $1 and r.recorded_at <= $2
      and ($3::uuid is null or r.case_id = $3) and r.sender_kind <> 'service' and r.addressed_to <> 'mesh' and r.recipient_kind is distinct from 'service'
    order by r.id, r.ordinal desc)
  select n.*, d.state, d.told, d.withheld from newest n
  left join delivery d on d.id = n.id and d.recipient = n.recipient
  where $4::text is null or n.sender_agency = $4 or (n.recipient_agency = $4 and n.verdict in ('cleared', 'cleared-in-part'))
  order by n.first_at, n.seq`;
const consentsSql = `select s.*, k.recorded_at, w.withdrawn_at, t.agency as taker_agency from scope s join consent k on k.id = s.consent_id
  left join lateral (select v.withdrawn_at from consent_line e join withdrawal v on v.id = e.decision_id where s.decision = 'withdrawn'
    and e.outcome = 'stands' and e.client = s.client and e.from_agency = s.from_agency and e.to_agency = s.to_agency and e.purpose = s.purpose
    order by e.recorded_at desc limit 1) w on true
  left join party t on t.id = k.taker
  where s.client = $1 and ($2::text is null or $2 in (s.from_agency, s.to_agency))
  order by s.form, s.from_agency, s.to_agency, s.purpose`;

/** Who was told what kind of thing about a client, and what was blocked: the client's own view, and an agency's part of it. */
export class ClientViewBook {
  constructor(
    private readonly pool: Pool,
    private readonly clock: Clock,
  ) {}

  /** An agency's part of a case of its own: what it sent or got, and the consents that concern it. */
  async ownPart(
    party: string,
    ask: z.output<typeof askClientView>,
  ): Promise<Record<string, unknown>> {
    const { client, agency } = await boundCase(this.pool, party, ask.case);
    return {
      ...(await this.view({
        client,
        agency,
        caseId: ask.case,
        until: this.clock.now(),
        page: ask.page,
      })),
    };
  }

  /** What two people and the operator released: each page once, in order, within an hour; else it is as if it were not there. */
  async released(ask: z.output<typeof askReleasedView>): Promise<Record<string, unknown>> {
    const now = this.clock.now();
    const { rows } = await this.pool.query<{
      client: string;
      agency: string | null;
      released_at: Date;
    }>(
      `update client_view_release set next_page = next_page + 1 where id = $1 and next_page = $2 and released_at > $3
       returning client, agency, released_at`,
      [ask.release, ask.page, new Date(now.getTime() - releaseMs)],
    );
    const [row] = rows;
    if (row === undefined) throw new MeshError('not-found', 'not released, or given out already');
    return {
      ...(await this.view({
        client: row.client,
        agency: row.agency,
        caseId: null,
        until: row.released_at,
        page: ask.page,
      })),
    };
  }

  private async view(wanted: Wanted): Promise<ClientView> {
    const names = await this.names();
    const { rows } = await this.pool.query<ToldRow>(recordsSql, [
      wanted.client,
      wanted.until,
      wanted.caseId,
      wanted.agency,
    ]);
    const shown = rows.slice(wanted.page * pageSize, (wanted.page + 1) * pageSize);
    return {
      scope: wanted.agency === null ? 'whole' : 'own-part',
      madeAt: wanted.until.toISOString(),
      page: wanted.page,
      pages: Math.max(1, Math.ceil(rows.length / pageSize)),
      consents: wanted.page === 0 ? await this.consents(wanted, names) : [],
      entries: await this.entries(shown, wanted, names),
    };
  }

  private async entries(
    rows: readonly ToldRow[],
    { agency }: Pick<Wanted, 'agency'>,
    names: PartyNames,
  ): Promise<ViewEntry[]> {
    const ids = [...new Set(rows.flatMap((row) => row.consents))];
    const taken = await this.pool.query<{ id: string; form: ConsentForm; recorded_at: Date }>(
      'select id, form, recorded_at from consent where id = any($1::uuid[])',
      [ids],
    );
    const consents = new Map<string, TakenConsent>(
      taken.rows.map((row) => [row.id, { ...row, recordedAt: row.recorded_at }]),
    );
    return rows.map((row) => {
      const kinds = {
        told: (row.told ?? []) as Category[],
        withheld: (row.withheld ?? []) as Category[],
      };
      // To its sender it stands as it was cleared; the client reads that it was stopped.
      const isUntold = agency !== null && isUntoldStop(row.reason ?? undefined);
      const about = {
        record: toStoredRecord(row),
        firstAt: row.first_at,
        isCollected: row.state === 'collected',
        mayBeHad: row.state === 'pulled' || row.state === 'collected' || isUntold,
        ...kinds,
      };
      return viewEntry(about, consents, names);
    });
  }

  private async consents(
    { client, agency, until }: Wanted,
    names: PartyNames,
  ): Promise<ViewConsent[]> {
    const { rows } = await this.pool.query<
      ScopeRow & { recorded_at: Date; withdrawn_at: Date | null; taker_agency: string | null }
    >(consentsSql, [client, agency]);
    const sight = agency === null ? undefined : await readSight(this.pool, { client, agency });
    return rows.flatMap((row) => {
      const scope = toScope(row);
      const seen =
        sight === undefined
          ? scope
          : lineSeen(scope, row.taker_agency ?? undefined, { ...sight, nowMs: until.getTime() });
      if (seen === undefined) return [];
      const line = {
        scope: seen,
        recordedAt: row.recorded_at,
        withdrawnAt: row.withdrawn_at ?? undefined,
      };
      return viewConsent(line, until.getTime(), names) ?? [];
    });
  }

  private async names(): Promise<PartyNames> {
    const { rows } = await this.pool.query<NamedParty>(
      "select id, agency, kind, body ->> 'name' as name from party order by id",
    );
    return new PartyNames(rows);
  }
}
