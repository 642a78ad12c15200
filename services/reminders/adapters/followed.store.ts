import type { Kysely } from 'kysely';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { RemindersTables } from './reminders-tables.js';

type Db = Kysely<RemindersTables>;

/** The number of the last event that was followed; 0 when none was. */
export async function followedTo(db: Db): Promise<number> {
  const row = await db.selectFrom('followed').select('number').executeTakeFirst();
  return row?.number ?? 0;
}

/** After what it changed: killed in between, the same is followed again, which changes nothing. Never set back. */
export async function noteFollowed(db: Db, number: number): Promise<void> {
  await db
    .updateTable('followed')
    .set({ number })
    .where('number', '<', number)
    .execute()
    .catch((error: unknown) => {
      throw toStoreError(error);
    });
}
