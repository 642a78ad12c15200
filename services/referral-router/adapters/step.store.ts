import { type Kysely, sql } from 'kysely';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { ConsentForm } from '#libs/contracts/purposes.js';
import type { PersonSlot, StepName } from '#libs/contracts/steps.js';
import type { OpenStep } from '../domain/case-state.js';
import type { Escalated } from '../domain/escalate-step.js';
import type { RouterTables } from './router-tables.js';

type Db = Kysely<RouterTables>;

/** Makes a case's open steps what its events tell. A step that was open keeps how far it has escalated. */
export async function saveSteps(tx: Db, caseId: string, steps: readonly OpenStep[]): Promise<void> {
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
      steps.map(({ step, holder, other, cause, root, about, form, openedAt, dueOn }) => ({
        case_id: caseId,
        cause,
        step,
        party: holder.party,
        who: holder.who,
        actor: holder.actor ?? null,
        other: other ?? null,
        root,
        about: about ?? null,
        form: form ?? null,
        opened_at: openedAt,
        due_on: dueOn,
        next_after: dueOn,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['case_id', 'cause', 'step', 'party']).doUpdateSet((set) => ({
        who: set.ref('excluded.who'),
        actor: set.ref('excluded.actor'),
        other: set.ref('excluded.other'),
        root: set.ref('excluded.root'),
        about: set.ref('excluded.about'),
        form: set.ref('excluded.form'),
        due_on: set.ref('excluded.due_on'),
        next_after: sql<string>`case when steps.told = 0 then excluded.next_after else steps.next_after end`,
      })),
    )
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
  readonly root: string;
  readonly about: string | null;
  readonly form: string | null;
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
    root: row.root,
    ...(row.other === null ? {} : { other: row.other }),
    ...(row.about === null ? {} : { about: row.about as MessageName }),
    ...(row.form === null ? {} : { form: row.form as ConsentForm }),
    openedAt: row.opened_at.toISOString(),
    told: row.told,
    nextAfter: row.next_after ?? undefined,
  };
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
 * What may be on a party's list, of steps as of waits: what lies with it; and of its agency's other offices what its people may have, who
 * hold the case, are named, answer for that office, or stand in for one who does.
 */
export const mayBeOnListOf = (party: string) => sql<boolean>`(party = ${party} or (
  party in (select other.party from directory_parties own join directory_parties other using (agency) where own.party = ${party})
  and (actor in ${peopleNear(party)}
    or case_id in (select case_id from case_people where person in ${peopleNear(party)})
    or party in (select party from directory_parties
      where put ->> 'dutyPerson' in ${peopleNear(party)} or put ->> 'teamLeader' in ${peopleNear(party)}))))`;

/** The people of a party, and those whose deputy is one of them. */
const peopleNear = (
  party: string,
) => sql`(select person from directory_people where party = ${party}
  or put ->> 'deputy' in (select person from directory_people where party = ${party}))`;

/** Which page of a list: rows after the first `offset`, at most `limit`. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** Open steps that may be on a party's list, oldest due first. */
export async function stepsOfParty(
  db: Db,
  party: string,
  { cases, page }: { readonly cases: readonly string[] | undefined; readonly page: Page },
): Promise<readonly StoredStep[]> {
  const rows = await db
    .selectFrom('steps')
    .selectAll()
    .where(mayBeOnListOf(party))
    .$if(cases !== undefined, (query) =>
      query.where(sql<boolean>`case_id = any(${[...(cases ?? [])]}::text[])`),
    )
    .orderBy('due_on')
    .orderBy('opened_at')
    .orderBy('case_id')
    .orderBy('cause')
    .orderBy('step')
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return rows.map(storedStep);
}

/** The open steps of these cases, of every party. */
export async function stepsOfCases(
  db: Db,
  cases: readonly string[],
): Promise<readonly StoredStep[]> {
  const rows = await db
    .selectFrom('steps')
    .selectAll()
    .where(sql<boolean>`case_id = any(${[...cases]}::text[])`)
    .orderBy('due_on')
    .orderBy('opened_at')
    .execute();
  return rows.map(storedStep);
}
