import type { Pool } from 'pg';
import type { z } from 'zod';
import type { Clock } from '#libs/clock/clock.js';
import type { PartyShown, askParties } from '#libs/contracts/ask.js';
import type { ConsentFormData } from '#libs/contracts/consent-forms.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { messageNames, ruleOf } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { PartyPut } from '#libs/contracts/service-forms.js';
import { askConsent } from '../domain/ask-consent.js';
import { nextProviders } from '../domain/next-providers.js';
import { scopeKey } from '../domain/scope.js';
import { boundCase } from './bound-case.js';
import type { GuardKeys } from './guard-keys.js';
import { type RecordRow, toStoredRecord } from './record-rows.js';
import { type ScopeRow, toScope } from './scope-rows.js';

const purpose = 'refer-to-treatment';
const takers: readonly PartyKind[] = ['treatment-provider', 'spoc'];

const answersSql = `select distinct on (id) * from record where case_id = $1 and recipient_agency = $2
  and name in ('referral.declined', 'referral.handed-back') order by id, ordinal desc`;

/** To whom a party may write, and whom it may refer a client to next. */
export class ReferralBook {
  constructor(
    private readonly pool: Pool,
    private readonly clock: Clock,
    private readonly keys: GuardKeys,
  ) {}

  /** Active parties: of the kinds that something goes to from the asker's kind, and the other offices of its agency. */
  async parties(
    party: string,
    { district, kind, role }: z.output<typeof askParties>,
  ): Promise<Record<string, unknown>> {
    const parties = await this.active();
    const asker = parties.find((each) => each.party === party);
    if (asker === undefined)
      throw new MeshError('sender-not-allowed', 'your party is not in the directory');
    const kinds = reachableFrom(asker.kind);
    const found = parties.filter(
      (each) =>
        each.party !== party &&
        (kinds.has(each.kind) || each.agency === asker.agency) &&
        (kind === undefined || each.kind === kind) &&
        ((district === undefined && role === undefined) ||
          each.serves.some(
            (served) =>
              (district === undefined || served.district === district) &&
              (role === undefined || served.role === role),
          )),
    );
    return { parties: found.map(shown) };
  }

  /** @throws MeshError `case-not-yours`; `not-found` for who refers nobody */
  async nextProviders(party: string, caseId: string): Promise<Record<string, unknown>> {
    const bound = await boundCase(this.pool, party, caseId);
    if (!ruleOf('referral.requested').from.includes(bound.kind as PartyKind) && bound.kind !== 'spoc')
      throw new MeshError('not-found', 'only who refers clients asks this');
    const { rows } = await this.pool.query<RecordRow>(answersSql, [caseId, bound.agency]);
    const answers = rows
      .map(toStoredRecord)
      .toSorted((one, other) => one.seq - other.seq);
    const parties = await this.active();
    const named = await this.named(bound, party, parties);
    const next = new Set(nextProviders(named, answers));
    return { parties: parties.filter((each) => next.has(each.party)).map(shown) };
  }

  /** The parties that a standing consent names and that the asker's agency may refer the client to. */
  private async named(
    { client, agency }: { readonly client: string; readonly agency: string },
    asker: string,
    parties: readonly PartyPut[],
  ): Promise<string[]> {
    const { rows } = await this.pool.query<ScopeRow>(
      'select * from scope where client = $1 and from_agency = $2 and purpose = $3',
      [client, agency, purpose],
    );
    const scopes = new Map(
      rows.map(toScope).map((scope) => [scopeKey(scope.from, scope.to, scope.purpose), scope]),
    );
    const nowMs = this.clock.now().getTime();
    const consents = await this.partiesNamedBy(rows.map((row) => row.consent_id));
    return parties.flatMap((each) => {
      if (!takers.includes(each.kind) || each.party === asker) return [];
      const answer = askConsent(scopes, { from: agency, to: each.agency, purpose }, nowMs);
      const isNamed = answer.allowed && consents.get(answer.consentId)?.has(each.party) === true;
      return isNamed ? [each.party] : [];
    });
  }

  /** As the forms name them: a line of consent knows agencies only. */
  private async partiesNamedBy(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { rows } = await this.pool.query<{ id: string; body: Buffer }>(
      'select id, body from consent where id = any($1::uuid[])',
      [[...new Set(ids)]],
    );
    return new Map(
      rows.map(({ id, body }) => {
        const form = JSON.parse(this.keys.open(body, id).toString('utf8')) as ConsentFormData;
        return [id, new Set(form.to?.parties)];
      }),
    );
  }

  private async active(): Promise<readonly PartyPut[]> {
    const { rows } = await this.pool.query<{ body: PartyPut }>(
      "select body from party where active and kind <> 'service' order by body ->> 'name', id",
    );
    return rows.map(({ body }) => body);
  }
}

/** Kinds of parties that some type of message goes to from this kind under a consent. */
function reachableFrom(kind: PartyKind): ReadonlySet<string> {
  const rules = messageNames
    .map(ruleOf)
    .filter(({ from, purpose: under }) => under !== null && from.includes(kind));
  return new Set(rules.flatMap(({ to }) => to));
}

const shown = ({ party, kind, name, serves, phone }: PartyPut): PartyShown => ({
  id: party,
  kind,
  name,
  serves: [...serves],
  ...(phone === undefined ? {} : { phone }),
});
