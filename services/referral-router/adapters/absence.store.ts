import { type Kysely, sql } from 'kysely';
import type { Absence, Held } from '../domain/find-heirs.js';
import type { RouterTables } from './router-tables.js';
import { storedStep } from './step.store.js';

type Db = Kysely<RouterTables>;

/** Notes when a person is away, by the newest message about them. An absence that was told stays told, by whatever message it is said again. */
export async function noteAbsences(
  tx: Db,
  {
    person,
    cause,
    absences,
  }: { readonly person: string; readonly cause: string; readonly absences: readonly Absence[] },
): Promise<void> {
  const before = await tx
    .selectFrom('absences')
    .select(['from_day', 'until_day'])
    .where('person', '=', person)
    .execute();
  // Who is gone already is gone since then, not since this message.
  const since = ({ from, until }: Absence): string =>
    before.find((each) => until === undefined && each.until_day === null && each.from_day <= from)
      ?.from_day ?? from;
  const days = absences.map(since);
  await tx
    .deleteFrom('absences')
    .where('person', '=', person)
    .where(sql<boolean>`not (from_day = any(${days}::date[]))`)
    .execute();
  for (const [index, { until }] of absences.entries())
    await tx
      .insertInto('absences')
      .values({ person, cause, from_day: days[index] ?? '', until_day: until ?? null })
      .onConflict((conflict) =>
        conflict.columns(['person', 'from_day']).doUpdateSet({ until_day: until ?? null }),
      )
      .execute();
}

/** A person who is away today and whose heirs do not know it: taken for this transaction, noted as told. */
export async function takeAbsence(
  tx: Db,
  today: string,
): Promise<{ readonly person: string; readonly cause: string } | undefined> {
  const row = await tx
    .selectFrom('absences')
    .select(['person', 'cause', 'from_day'])
    .where('is_told', '=', false)
    .where('from_day', '<=', today)
    .where(sql<boolean>`(until_day is null or until_day >= ${today}::date)`)
    .orderBy('from_day')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await tx
    .updateTable('absences')
    .set({ is_told: true })
    .where('person', '=', row.person)
    .where('from_day', '=', row.from_day)
    .execute();
  return { person: row.person, cause: row.cause };
}

/**
 * The steps that may be a person's: of cases that they hold, that name them, or of a party that they answer for. Also where somebody does
 * whose deputy they are: they may have the steps of one who is away already.
 */
export async function stepsNear(db: Db, person: string): Promise<readonly Held[]> {
  const concerned = sql`(select person from directory_people where person = ${person} or put ->> 'deputy' = ${person})`;
  const rows = await db
    .selectFrom('steps')
    .selectAll()
    .where(
      sql<boolean>`(actor in ${concerned} or case_id in (select case_id from case_people where person in ${concerned})
        or party in (select party from directory_parties
          where put ->> 'dutyPerson' in ${concerned} or put ->> 'teamLeader' in ${concerned}))`,
    )
    .execute();
  return rows.map(storedStep);
}
