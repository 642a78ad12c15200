import type { Kysely } from 'kysely';
import type { RouterTables } from './router-tables.js';

type Db = Kysely<RouterTables>;

const eventsStream = 'events';

/** The number of the last event that was followed; 0 when it never was. */
export async function followedTo(db: Db): Promise<number> {
  const row = await db
    .selectFrom('followed')
    .select('seq')
    .where('stream', '=', eventsStream)
    .executeTakeFirst();
  return row?.seq ?? 0;
}

/** Notes an event's number in the transaction that applies it. An event that comes again does not set it back. */
export async function noteFollowed(tx: Db, seq: number): Promise<void> {
  await tx
    .insertInto('followed')
    .values({ stream: eventsStream, seq })
    .onConflict((conflict) =>
      conflict
        .column('stream')
        .doUpdateSet({ seq: (build) => build.fn('greatest', ['followed.seq', 'excluded.seq']) }),
    )
    .execute();
}
