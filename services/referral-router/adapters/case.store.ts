import { type Kysely, sql } from 'kysely';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { PersonSlot, StepName } from '#libs/contracts/steps.js';
import type { CaseState, Naming, OpenStep } from '../domain/case-state.js';
import type { Escalated } from '../domain/escalate-step.js';
import type { RouterTables } from './router-tables.js';

type Db = Kysely<RouterTables>;

/** Records an event. @returns false when it was taken in before: then nothing more is to be done for it. */
export async function recordOnce(tx: Db, event: MeshEvent): Promise<boolean> {
  const result = await tx
    .insertInto('records')
    .values({
      id: event.id,
      verdict: event.verdict,
      seq: event.seq,
      cause: event.cause ?? null,
      case_id: null,
      event: JSON.stringify(event),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Whether the message was decided otherwise too: it waited, and was routed or stopped since. */
export async function hasOtherVerdict(tx: Db, { id, verdict }: MeshEvent): Promise<boolean> {
  const found = await tx
    .selectFrom('records')
    .select('id')
    .where('id', '=', id)
    .where('verdict', '<>', verdict)
    .executeTakeFirst();
  return found !== undefined;
}

/** The case of an event: its own, or that of the record that it rests on. */
export async function caseOf(tx: Db, event: MeshEvent): Promise<string | undefined> {
  if (event.case !== undefined || event.cause === undefined) return event.case;
  const rows = await tx
    .selectFrom('records')
    .select('case_id')
    .where('id', '=', event.cause)
    .where('case_id', 'is not', null)
    .limit(1)
    .execute();
  return rows[0]?.case_id ?? undefined;
}

/** A case taken for this transaction. `fresh`: ids of what was added to it now. */
export interface LockedCase {
  readonly events: readonly MeshEvent[];
  readonly fresh: ReadonlySet<string>;
}

/** Takes the case for this transaction, gives it the record and those that waited for one of its records, and reads all its events. */
export async function lockCase(tx: Db, caseId: string, event: MeshEvent): Promise<LockedCase> {
  await tx
    .insertInto('cases')
    .values({ id: caseId, provider: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx.selectFrom('cases').select('id').where('id', '=', caseId).forUpdate().execute();
  await tx
    .updateTable('records')
    .set({ case_id: caseId })
    .where('id', '=', event.id)
    .where('verdict', '=', event.verdict)
    .execute();
  const adopted = await tx
    .updateTable('records')
    .set({ case_id: caseId })
    .where('case_id', 'is', null)
    .where('cause', 'in', (of) =>
      of.selectFrom('records as known').select('known.id').where('known.case_id', '=', caseId),
    )
    .returning('id')
    .execute();
  const rows = await tx
    .selectFrom('records')
    .select('event')
    .where('case_id', '=', caseId)
    .orderBy('seq')
    .execute();
  return {
    events: rows.map((row) => row.event),
    fresh: new Set([event.id, ...adopted.map(({ id }) => id)]),
  };
}

/** Makes the case's rows what its events tell. A step that was open keeps how far it has escalated. */
export async function saveCase(tx: Db, caseId: string, state: CaseState): Promise<void> {
  await tx
    .updateTable('cases')
    .set({ provider: state.provider ?? null, in_treatment: state.isInTreatment })
    .where('id', '=', caseId)
    .execute();
  await tx.deleteFrom('case_people').where('case_id', '=', caseId).execute();
  if (state.namings.length > 0)
    await tx
      .insertInto('case_people')
      .values(state.namings.map((naming) => ({ case_id: caseId, ...naming })))
      .execute();
  await saveSteps(tx, caseId, state.steps);
}

async function saveSteps(tx: Db, caseId: string, steps: readonly OpenStep[]): Promise<void> {
  const keys = steps.map(({ cause, step, holder }) => `${cause}/${step}/${holder.party}`);
  await tx
    .deleteFrom('steps')
    .where('case_id', '=', caseId)
    .where(sql<boolean>`not (cause || '/' || step || '/' || party = any(${keys}::text[]))`)
    .execute();
  if (steps.length === 0) return;
  await tx
    .insertInto('steps')
    .values(
      steps.map(({ step, holder, other, cause, openedAt, dueOn }) => ({
        case_id: caseId,
        cause,
        step,
        party: holder.party,
        who: holder.who,
        actor: holder.actor ?? null,
        other: other ?? null,
        opened_at: openedAt,
        due_on: dueOn,
        next_after: dueOn,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** A step's row as the domain knows it. */
export interface StoredStep extends OpenStep {
  readonly caseId: string;
  readonly told: number;
  readonly nextAfter: string | undefined;
}

interface StepRow {
  readonly case_id: string;
  readonly cause: string;
  readonly step: string;
  readonly party: string;
  readonly who: string;
  readonly actor: string | null;
  readonly other: string | null;
  readonly opened_at: Date;
  readonly due_on: string;
  readonly told: number;
  readonly next_after: string | null;
}

export function storedStep(row: StepRow): StoredStep {
  const holder = {
    party: row.party,
    who: row.who as PersonSlot['who'],
    ...(row.actor === null ? {} : { actor: row.actor }),
  };
  return {
    caseId: row.case_id,
    cause: row.cause,
    step: row.step as StepName,
    holder,
    dueOn: row.due_on,
    ...(row.other === null ? {} : { other: row.other }),
    openedAt: row.opened_at.toISOString(),
    told: row.told,
    nextAfter: row.next_after ?? undefined,
  };
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

/** Steps whose next level is due: taken for this transaction, oldest first; those that another instance has taken are passed over. */
export async function takeOverdue(
  tx: Db,
  today: string,
  limit: number,
): Promise<readonly StoredStep[]> {
  const rows = await tx
    .selectFrom('steps')
    .selectAll()
    .where('next_after', '<', today)
    .orderBy('next_after')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map(storedStep);
}

export async function saveEscalation(
  tx: Db,
  step: StoredStep,
  { told, nextAfter }: Escalated,
): Promise<void> {
  await tx
    .updateTable('steps')
    .set({ told, next_after: nextAfter ?? null })
    .where('case_id', '=', step.caseId)
    .where('cause', '=', step.cause)
    .where('step', '=', step.step)
    .where('party', '=', step.holder.party)
    .execute();
}

/**
 * Open steps of a party, oldest due first, at most `limit`: those that lie with it, and those of its agency in cases that one of its
 * people holds (a client's adviser may work at another office than the one the message went to).
 */
export async function stepsOfParty(
  db: Db,
  party: string,
  { cases, limit }: { readonly cases: readonly string[] | undefined; readonly limit: number },
): Promise<readonly StoredStep[]> {
  const held = sql<boolean>`(party = ${party} or (
    party in (select other.party from directory_parties own join directory_parties other using (agency) where own.party = ${party})
    and case_id in (select case_id from case_people join directory_people using (person) where directory_people.party = ${party})))`;
  const rows = await db
    .selectFrom('steps')
    .selectAll()
    .where(held)
    .$if(cases !== undefined, (query) =>
      query.where(sql<boolean>`case_id = any(${[...(cases ?? [])]}::text[])`),
    )
    .orderBy('due_on')
    .orderBy('opened_at')
    .limit(limit)
    .execute();
  return rows.map(storedStep);
}
