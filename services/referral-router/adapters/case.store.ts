import { type Kysely, sql } from 'kysely';
import { isPartyId } from '#libs/contracts/party.js';
import type { CaseState, Naming } from '../domain/case-state.js';
import type { StepClocks } from '../domain/due-date.js';
import { readCase } from '../domain/read-case.js';
import { eventsOf } from './record.store.js';
import type { RouterTables } from './router-tables.js';
import { saveSteps } from './step.store.js';
import { saveWaits } from './wait.store.js';

type Db = Kysely<RouterTables>;

/** A case taken for this transaction. `readAt`: up to when the clock had run for it; `provider`: who had it before. */
export interface LockedCase {
  readonly id: string;
  readonly readAt: Date | undefined;
  readonly provider: string | undefined;
}

/** Takes the case for this transaction; makes it where it is new. */
export async function lockCase(tx: Db, id: string): Promise<LockedCase> {
  await tx
    .insertInto('cases')
    .values({ id, provider: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await tx
    .selectFrom('cases')
    .select(['read_at', 'provider'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { id, readAt: row.read_at ?? undefined, provider: row.provider ?? undefined };
}

/**
 * Tells a case anew from its events, and makes its rows what they tell. `now`: up to when the clock has run; without it up to its last
 * event, so that old events that are being caught up with make nobody late. The clock of a case never goes back.
 */
export async function tellCase(
  tx: Db,
  { id, readAt }: LockedCase,
  clocks: StepClocks,
  now?: Date,
): Promise<CaseState> {
  const events = await eventsOf(tx, id);
  const times = events.map(({ recordedAt }) => Date.parse(recordedAt));
  const at = new Date(Math.max(0, ...times, ...[readAt, now].map((each) => each?.getTime() ?? 0)));
  const agencies = await agenciesOf(
    tx,
    events.flatMap(({ sender, to }) => [sender, to]),
  );
  const state = readCase(events, { clocks, at, agencyOf: (party) => agencies.get(party) ?? party });
  await saveCase(tx, id, state, at);
  return state;
}

async function agenciesOf(
  tx: Db,
  parties: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx
    .selectFrom('directory_parties')
    .select(['party', 'agency'])
    .where(sql<boolean>`party = any(${[...new Set(parties.filter(isPartyId))]}::text[])`)
    .execute();
  return new Map(rows.map(({ party, agency }) => [party, agency]));
}

async function saveCase(tx: Db, caseId: string, state: CaseState, at: Date): Promise<void> {
  await tx
    .updateTable('cases')
    .set({
      provider: state.provider ?? null,
      in_treatment: state.isInTreatment,
      read_at: at.toISOString(),
    })
    .where('id', '=', caseId)
    .execute();
  await tx.deleteFrom('case_people').where('case_id', '=', caseId).execute();
  if (state.namings.length > 0)
    await tx
      .insertInto('case_people')
      .values(state.namings.map((naming) => ({ case_id: caseId, ...naming })))
      .execute();
  await saveParts(tx, caseId, state);
  await saveSteps(tx, caseId, state.steps);
  await saveWaits(tx, caseId, state.waits);
}

async function saveParts(tx: Db, caseId: string, { parts }: CaseState): Promise<void> {
  await tx.deleteFrom('case_parts').where('case_id', '=', caseId).execute();
  const rows = parts.flatMap(({ agency, parties, end, since }) =>
    parties.map((party) => ({ party, case_id: caseId, agency, ending: end ?? null, since })),
  );
  if (rows.length > 0) await tx.insertInto('case_parts').values(rows).execute();
}

/** Who holds each of these cases, by case. */
export async function loadNamings(
  db: Db,
  caseIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Naming[]>> {
  const rows = await db
    .selectFrom('case_people')
    .selectAll()
    .where(sql<boolean>`case_id = any(${[...caseIds]}::text[])`)
    .execute();
  const byCase = new Map<string, Naming[]>(caseIds.map((id) => [id, []]));
  for (const { case_id, ...naming } of rows) byCase.get(case_id)?.push(naming);
  return byCase;
}
