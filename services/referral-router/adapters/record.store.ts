import type { Kysely } from 'kysely';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
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

/** The event of a message that was cleared. */
export async function findRecord(tx: Db, id: string): Promise<MeshEvent | undefined> {
  const row = await tx
    .selectFrom('records')
    .select('event')
    .where('id', '=', id)
    .where('verdict', '=', 'cleared')
    .executeTakeFirst();
  return row?.event;
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

/** Gives a case the record, and those that waited for one of its records. @returns ids of what was added to it now. */
export async function addToCase(
  tx: Db,
  caseId: string,
  event: MeshEvent,
): Promise<ReadonlySet<string>> {
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
  return new Set([event.id, ...adopted.map(({ id }) => id)]);
}

/** All events of a case, the oldest first. */
export async function eventsOf(tx: Db, caseId: string): Promise<readonly MeshEvent[]> {
  const rows = await tx
    .selectFrom('records')
    .select('event')
    .where('case_id', '=', caseId)
    .orderBy('seq')
    .execute();
  return rows.map((row) => row.event);
}
