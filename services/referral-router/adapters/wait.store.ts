import { type Kysely, type Selectable, sql } from 'kysely';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { PersonSlot } from '#libs/contracts/steps.js';
import type { AnswerKind } from '#libs/contracts/waits.js';
import type { OpenWait } from '../domain/case-state.js';
import type { RouterTables } from './router-tables.js';
import { type Page, mayBeOnListOf } from './step.store.js';

type Db = Kysely<RouterTables>;

/** What a party waits for, as the domain knows it. */
export interface StoredWait extends OpenWait {
  readonly caseId: string;
}

/** Makes a case's waits what its events tell. One that was told to be late stays told. */
export async function saveWaits(tx: Db, caseId: string, waits: readonly OpenWait[]): Promise<void> {
  const keys = waits.map(({ cause, holder }) => `${cause}/${holder.party}`);
  await tx
    .deleteFrom('waits')
    .where('case_id', '=', caseId)
    .where(sql<boolean>`not (cause || '/' || party = any(${keys}::text[]))`)
    .execute();
  if (waits.length === 0) return;
  await tx
    .insertInto('waits')
    .values(waits.map((wait) => rowOf(caseId, wait)))
    .onConflict((conflict) =>
      conflict.columns(['case_id', 'cause', 'party']).doUpdateSet((set) => ({
        counterpart: set.ref('excluded.counterpart'),
        due_on: set.ref('excluded.due_on'),
        lapses_at: set.ref('excluded.lapses_at'),
        has_lapsed: set.ref('excluded.has_lapsed'),
      })),
    )
    .execute();
}

const rowOf = (caseId: string, { holder, ...wait }: OpenWait) => ({
  case_id: caseId,
  cause: wait.cause,
  party: holder.party,
  answer: wait.answer,
  who: holder.who,
  actor: holder.actor ?? null,
  counterpart: wait.counterpart,
  about: wait.about,
  since: wait.since,
  due_on: wait.dueOn,
  lapses_at: wait.lapsesAt,
  has_lapsed: wait.hasLapsed,
});

/** What may be on a party's list of waits, oldest due first. */
export async function waitsOfParty(
  db: Db,
  party: string,
  { cases, page }: { readonly cases: readonly string[] | undefined; readonly page: Page },
): Promise<readonly StoredWait[]> {
  const rows = await db
    .selectFrom('waits')
    .selectAll()
    .where(mayBeOnListOf(party))
    .$if(cases !== undefined, (query) =>
      query.where(sql<boolean>`case_id = any(${[...(cases ?? [])]}::text[])`),
    )
    .orderBy('due_on')
    .orderBy('since')
    .orderBy('case_id')
    .orderBy('cause')
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return rows.map(storedWait);
}

/** The waits of these cases, of every party. */
export async function waitsOfCases(
  db: Db,
  cases: readonly string[],
): Promise<readonly StoredWait[]> {
  const rows = await db
    .selectFrom('waits')
    .selectAll()
    .where(sql<boolean>`case_id = any(${[...cases]}::text[])`)
    .orderBy('due_on')
    .execute();
  return rows.map(storedWait);
}

const storedWait = (row: Selectable<RouterTables['waits']>): StoredWait => ({
  caseId: row.case_id,
  answer: row.answer as AnswerKind,
  holder: {
    party: row.party,
    who: row.who as PersonSlot['who'],
    ...(row.actor === null ? {} : { actor: row.actor }),
  },
  counterpart: row.counterpart,
  cause: row.cause,
  about: row.about as MessageName,
  since: row.since.toISOString(),
  dueOn: row.due_on,
  lapsesAt: row.lapses_at.toISOString(),
  hasLapsed: row.has_lapsed,
});

/** A case in which an answer is late and nobody has said so, or that this release has not told yet; none is taken by two. */
export async function takeLapsed(tx: Db, now: Date): Promise<string | undefined> {
  const row = await tx
    .selectFrom('cases')
    .select('id')
    .where(
      sql<boolean>`(read_at is null or id in (
        select case_id from waits where not is_told and lapses_at <= ${now.toISOString()}::timestamptz limit 100))`,
    )
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return row?.id;
}

/** Of the waits of a case that lapsed and were not said to be late: notes that they are. @returns ids of the messages */
export async function noteLateTold(tx: Db, caseId: string): Promise<ReadonlySet<string>> {
  const rows = await tx
    .updateTable('waits')
    .set({ is_told: true })
    .where('case_id', '=', caseId)
    .where('has_lapsed', '=', true)
    .where('is_told', '=', false)
    .returning('cause')
    .execute();
  return new Set(rows.map(({ cause }) => cause));
}
