import type { Pool } from 'pg';
import type { z } from 'zod';
import type { Clock } from '#libs/clock/clock.js';
import { areaOfScopeKey } from '#libs/contracts/address.js';
import { type askParties, partyShown } from '#libs/contracts/ask-parties.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { type Decline, nextProviders } from '../domain/next-providers.js';
import { boundCase } from './bound-case.js';
import { type ScopeRow, toScope } from './scope-rows.js';

interface PartyRow {
  readonly id: string;
  readonly kind: string;
  readonly agency: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The newest word of each decline that came to the agency in this case. */
const declinesSql = `select r.sender_agency as agency, r.facts ->> 'reason' as reason from record r
  where r.case_id = $1 and r.recipient_agency = $2 and r.name in ('referral.declined', 'referral.handed-back')
    and r.verdict in ('cleared', 'cleared-in-part') order by r.seq`;

/** Whom a party may write to: the directory as agencies see it, and the providers that a client's consent leaves. */
export class PartyBook {
  constructor(
    private readonly pool: Pool,
    private readonly clock: Clock,
  ) {}

  async parties({
    district,
    role,
    kind,
  }: z.output<typeof askParties>): Promise<Record<string, unknown>> {
    const all = await this.active();
    const parties = all.filter(
      (party) =>
        (kind === undefined || party.kind === kind) &&
        ((district === undefined && role === undefined) ||
          party.serves.some(
            (served) =>
              (district === undefined || served.district === district) &&
              (role === undefined || served.role === role),
          )),
    );
    return { parties };
  }

  async nextProviders(party: string, caseId: string): Promise<Record<string, unknown>> {
    const { client, agency } = await boundCase(this.pool, party, caseId);
    try {
      const [lines, declines] = await Promise.all([
        this.pool.query<ScopeRow>(
          `select * from scope where client = $1 and from_agency = $2 and purpose = 'refer-to-treatment'`,
          [client, agency],
        ),
        this.pool.query<Decline & { readonly reason: FactValue }>(declinesSql, [caseId, agency]),
      ]);
      const nowMs = this.clock.now().getTime();
      const next = nextProviders(lines.rows.map(toScope), declines.rows, { agency, nowMs });
      const all = await this.active();
      return {
        providers: all.filter(
          (each) =>
            next.agencies.includes(each.agency) &&
            (each.kind === 'treatment-provider' || each.kind === 'spoc'),
        ),
        areas: next.roles.flatMap((role) => areaOfScopeKey(role) ?? []),
      };
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Active parties but the mesh's own, by name. An entry that cannot be read is left out: nobody is to write to it. */
  private async active(): Promise<readonly z.infer<typeof partyShown>[]> {
    const { rows } = await this.pool.query<PartyRow>(
      `select id, kind, agency, body from party where active and kind <> 'service' order by body ->> 'name', id`,
    );
    return rows.flatMap(({ id, kind, agency, body }) => {
      const read = partyShown.safeParse({
        party: id,
        kind,
        agency,
        name: body['name'],
        serves: body['serves'],
        ...(body['phone'] === undefined ? {} : { phone: body['phone'] }),
      });
      return read.success ? [read.data] : [];
    });
  }
}
