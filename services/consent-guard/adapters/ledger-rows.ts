import type { PoolClient } from 'pg';
import type { ConsentLine } from '../domain/consent-line.js';
import type { Effect } from '../domain/effect.js';

type ViewRelease = Extract<Effect, { kind: 'release-view' }>;
type Withdrawal = Extract<Effect, { kind: 'keep-withdrawal' }>;

export async function writeWithdrawal(
  db: PoolClient,
  { withdrawalId, client, by, data }: Withdrawal,
  now: Date,
): Promise<void> {
  await db.query(
    `insert into withdrawal (id, client, by_party, form, keep, how, taken_by, withdrawn_at, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing`,
    [withdrawalId, client, by, data.form, data.keep, data.how, data.takenBy, data.withdrawnAt, now],
  );
}

export async function writeViewRelease(
  db: PoolClient,
  { release, request, client, agency }: ViewRelease,
  now: Date,
): Promise<void> {
  await db.query(
    'insert into client_view_release (id, request, client, agency, released_at) values ($1, $2, $3, $4, $5)',
    [release, request, client, agency ?? null, now],
  );
}

/** The lineage; the same decision come again adds nothing. */
export async function writeLines(
  db: PoolClient,
  lines: readonly ConsentLine[],
  now: Date,
): Promise<void> {
  const column = <T>(pick: (line: ConsentLine) => T): T[] => lines.map(pick);
  await db.query({
    name: 'keep-lines',
    text: `insert into consent_line (decision_id, client, from_agency, to_agency, purpose, decision, outcome, before, recorded_at)
      select id, client, f, t, purpose, decision, outcome, before, $9
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
        as l (id, client, f, t, purpose, decision, outcome, before) on conflict do nothing`,
    values: [
      column((line) => line.decisionId),
      column((line) => line.client),
      column((line) => line.from),
      column((line) => line.to),
      column((line) => line.purpose),
      column((line) => line.decision),
      column((line) => line.outcome),
      column((line) => line.before ?? null),
      now,
    ],
  });
}

/** The state of each line, one row a line. */
export async function writeScopes(
  db: PoolClient,
  scopes: Extract<Effect, { kind: 'put-scopes' }>['scopes'],
): Promise<void> {
  for (const scope of scopes) {
    await db.query({
      name: 'put-scope',
      text: `insert into scope (client, from_agency, to_agency, purpose, decision, excluded, valid_from, valid_until, decided_at, consent_id, form)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (client, from_agency, to_agency, purpose) do update set decision = excluded.decision, excluded = excluded.excluded,
          valid_from = excluded.valid_from, valid_until = excluded.valid_until, decided_at = excluded.decided_at, consent_id = excluded.consent_id, form = excluded.form`,
      values: [
        scope.client,
        scope.from,
        scope.to,
        scope.purpose,
        scope.decision,
        scope.excluded,
        new Date(scope.validFromMs),
        new Date(scope.validUntilMs),
        new Date(scope.decidedAtMs),
        scope.consentId,
        scope.form,
      ],
    });
  }
}
