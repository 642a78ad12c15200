import type { Pool } from 'pg';
import type { z } from 'zod';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Clock } from '#libs/clock/clock.js';
import type { askTry, consentState, consentStep } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Purpose } from '#libs/contracts/purposes.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { dpa1Standing } from '../domain/ask-consent.js';
import { tryConsent } from '../domain/try-consent.js';
import { lineSeen } from '../domain/line-seen.js';
import type { Scope } from '../domain/scope.js';
import { boundCase, isTakenBy } from './bound-case.js';
import { readSight } from './consent-sight.js';
import { type ScopeRow, toScope } from './scope-rows.js';
import type { WorldLoader } from './world.loader.js';

interface StateRow extends ScopeRow {
  readonly recorded_at: Date;
  readonly supersedes: string | null;
  readonly withdrawal: string | null;
  readonly by_party: string | null;
  readonly how: string | null;
  readonly withdrawn_at: Date | null;
  readonly kept: string[] | null;
  readonly taker_agency: string | null;
}

interface LineRow {
  readonly decision_id: string;
  readonly from_agency: string;
  readonly to_agency: string;
  readonly purpose: string;
  readonly decision: string;
  readonly outcome: string;
  readonly before: string | null;
  readonly recorded_at: Date;
}

/** Was the consent taken by a party of the asker's agency? */
const isOwn = (consent: string): string => isTakenBy(consent, '$2');

/** `$1` the client, `$2` the asker's agency. Of a withdrawal, only what it kept between the same two agencies is told. */
const stateSql = `select s.*, k.recorded_at, t.agency as taker_agency, case when ${isOwn('l.before')} then l.before end as supersedes, w.id as withdrawal, w.by_party, w.how, w.withdrawn_at,
    (select array_agg(x.purpose order by x.purpose) from consent_line x where x.decision_id = w.id and x.outcome = 'kept'
      and x.from_agency = s.from_agency and x.to_agency = s.to_agency) as kept
  from scope s join consent k on k.id = s.consent_id left join party t on t.id = k.taker
  left join consent_line l on l.decision_id = s.consent_id and l.from_agency = s.from_agency and l.to_agency = s.to_agency and l.purpose = s.purpose
    and l.outcome in ('stands', 'merged')
  left join lateral (select w.* from consent_line e join withdrawal w on w.id = e.decision_id where s.decision = 'withdrawn' and e.outcome = 'stands'
    and e.client = s.client and e.from_agency = s.from_agency and e.to_agency = s.to_agency and e.purpose = s.purpose
    order by e.recorded_at desc limit 1) w on true
  where s.client = $1 and $2 in (s.from_agency, s.to_agency)
  order by s.from_agency, s.to_agency, s.purpose`;
/** The agency's own decisions, and withdrawals of them by whomever. */
const historySql = `select decision_id, from_agency, to_agency, purpose, decision, outcome, recorded_at, case when ${isOwn('before')} then before end as before
  from consent_line where client = $1 and $2 in (from_agency, to_agency)
    and (${isOwn('decision_id')} or (${isOwn('before')} and exists (select 1 from withdrawal w where w.id = decision_id)))
  order by recorded_at, decision_id, from_agency, to_agency, purpose limit 500`;

/** The ledger of consents, as a party may ask it: what stands, how it came to stand, and what would be. */
export class ConsentBook {
  constructor(
    private readonly pool: Pool,
    private readonly clock: Clock,
    private readonly loader: WorldLoader,
  ) {}

  /** Lines that one's own agency discloses or receives under, for a case of one's own; decided in cases bound to it. */
  async consents(party: string, caseId: string): Promise<Record<string, unknown>> {
    const { client, agency } = await boundCase(this.pool, party, caseId);
    const [states, history] = await Promise.all([
      this.pool.query<StateRow>(stateSql, [client, agency]),
      this.pool.query<LineRow>(historySql, [client, agency]),
    ]);
    const sight = await readSight(this.pool, { client, agency });
    const nowMs = this.clock.now().getTime();
    const consents = states.rows.flatMap((row) => {
      const seen = lineSeen(toScope(row), row.taker_agency ?? undefined, { ...sight, nowMs });
      return seen === undefined ? [] : [toState(row, seen)];
    });
    return { consents, history: history.rows.map(toStep) };
  }

  /** May the asker's job centre keep the client's problem on its record today? One indexed read. */
  async dpa1(party: string, caseId: string): Promise<Record<string, unknown>> {
    const { client, agency, kind } = await boundCase(this.pool, party, caseId);
    if (kind !== 'jobcentre' && kind !== 'contracted-provider')
      throw new MeshError(
        'not-found',
        'only a job centre or a contracted provider keeps a record under DPA1',
      );
    const { rows } = await this.pool.query<ScopeRow>('select * from scope where client = $1', [
      client,
    ]);
    const { current, untilMs } = dpa1Standing(
      rows.map(toScope),
      agency,
      this.clock.now().getTime(),
    );
    // A consent's days are whole: it ends with the last instant of its last day.
    return {
      current,
      ...(untilMs === undefined ? {} : { until: londonDate(new Date(untilMs - 1)) }),
    };
  }

  /** What would go out under a consent, before it is signed. Reads the directory and nothing of any client. */
  async try(party: string, ask: z.output<typeof askTry>): Promise<Record<string, unknown>> {
    const directory = await this.directory();
    const taker = directory.party(party);
    if (taker === undefined)
      throw new MeshError('sender-not-allowed', 'your party is not in the directory');
    const tried = tryConsent({
      taker,
      consent: ask.consent,
      messages: ask.messages,
      directory,
      nowMs: this.clock.now().getTime(),
    });
    if (!('code' in tried)) return { messages: tried };
    const field = tried.field?.replace(/^data\./, 'consent.');
    throw new MeshError(tried.code, tried.detail, field === undefined ? {} : { field });
  }

  private async directory(): ReturnType<WorldLoader['readDirectory']> {
    try {
      return await this.loader.readDirectory(this.pool);
    } catch (error) {
      throw toStoreError(error);
    }
  }
}

function toState(row: StateRow, { excluded }: Scope): z.infer<typeof consentState> {
  return {
    ...lineOf(row),
    consent: row.consent_id,
    decision: row.decision as 'given' | 'refused' | 'withdrawn',
    excludedCategories: [...excluded],
    validFrom: row.valid_from.toISOString(),
    validUntil: row.valid_until.toISOString(),
    form: row.form,
    recordedAt: row.recorded_at.toISOString(),
    ...(row.supersedes === null ? {} : { supersedes: row.supersedes }),
    ...(row.withdrawal === null ? {} : { withdrawal: withdrawalOf(row, row.withdrawal) }),
  };
}

const withdrawalOf = (
  row: StateRow,
  withdrawal: string,
): z.infer<typeof consentState>['withdrawal'] => ({
  withdrawal,
  by: row.by_party ?? '',
  at: row.withdrawn_at?.toISOString() ?? '',
  how: row.how ?? '',
  kept: (row.kept ?? []) as Purpose[],
});

const toStep = (row: LineRow): z.infer<typeof consentStep> => ({
  ...lineOf(row),
  id: row.decision_id,
  decision: row.decision as 'given' | 'refused' | 'withdrawn',
  outcome: row.outcome as z.infer<typeof consentStep>['outcome'],
  ...(row.before === null ? {} : { before: row.before }),
  recordedAt: row.recorded_at.toISOString(),
});

const lineOf = (row: { from_agency: string; to_agency: string; purpose: string }) => ({
  from: row.from_agency,
  to: row.to_agency,
  purpose: row.purpose as Purpose,
});
