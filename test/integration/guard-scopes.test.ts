import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { readScopes } from '#services/consent-guard/adapters/scope-rows.js';
import { askConsent } from '#services/consent-guard/domain/ask-consent.js';
import { scopeKey } from '#services/consent-guard/domain/scope.js';
import { openGuardDatabase } from '#test/support/evidence-database.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';

let server: PostgresServer;
let pool: Pool;
beforeAll(async () => {
  server = await sharedPostgres();
  pool = await openGuardDatabase(await server.createDatabase('guard'));
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

const nowMs = Date.UTC(2026, 2, 2);
const [from, to, purpose] = ['river', 'jcp', 'treatment-status'] as const;

/** What a line answers that stands in the ledger like this. */
async function answerOf(given: {
  readonly excluded?: string;
  readonly from?: string;
  readonly until?: string;
  readonly decision?: string;
}) {
  const client = randomUUID();
  await pool.query(
    `insert into scope (client, from_agency, to_agency, purpose, decision, excluded, valid_from, valid_until, decided_at, consent_id, form)
      values ($1, $2, $3, $4, $5, $6::text[], $7, $8, '2026-01-01', $9, 'TPR2')`,
    [
      client,
      from,
      to,
      purpose,
      given.decision ?? 'given',
      given.excluded ?? '{}',
      given.from ?? '2026-01-01',
      given.until ?? '2027-01-01',
      randomUUID(),
    ],
  );
  const db = await pool.connect();
  try {
    const scopes = await readScopes(db, [client], { from: [from], purposes: [purpose] });
    const everything = await readScopes(db, [client], undefined);
    expect(everything).toEqual(scopes);
    return askConsent(
      new Map(scopes.map((scope) => [scopeKey(scope.from, scope.to, scope.purpose), scope])),
      { from, to, purpose },
      nowMs,
    );
  } finally {
    db.release();
  }
}

it('gives what the client ruled out', async () => {
  expect(await answerOf({})).toMatchObject({ allowed: true, excluded: [] });
  expect(await answerOf({ excluded: '{treatment-summary,contact}' })).toMatchObject({
    allowed: true,
    excluded: ['treatment-summary', 'contact'],
  });
});

it.each([
  { excluded: '{unheard-of}' },
  { excluded: '{treatment-summary,unheard-of}' },
  { excluded: '{{treatment-summary}}' },
  { excluded: '{NULL}' },
  { excluded: '{""}' },
  { excluded: '{"treatment-summary,contact"}' },
  { excluded: String.raw`{"contact\\N"}` },
  { excluded: '[2:2]={treatment-summary}' },
  { until: 'infinity' },
  { from: '-infinity' },
  { decision: 'perhaps' },
])('takes %j in the ledger for no consent', async (given) => {
  expect(await answerOf(given)).toEqual({ allowed: false, why: 'unreadable' });
});
