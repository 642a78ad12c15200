import type { Kysely } from 'kysely';
import { enqueue } from '#libs/outbox/enqueue.js';
import type { Holder, Naming } from '../domain/case-state.js';
import type { RouterMessage } from '../domain/compose-message.js';
import type { RouterTables } from './router-tables.js';

type Db = Kysely<RouterTables>;

/** A notice about to go out. `told`: everybody that it and those it is about were for. */
export interface NewNotice extends RouterMessage {
  /** Absent where it is about several cases. */
  readonly caseId?: string | undefined;
  readonly person: string;
  readonly told: readonly string[];
}

/** Puts out those of the notices that were not put out before. */
export async function askNotices(tx: Db, notices: readonly NewNotice[]): Promise<void> {
  if (notices.length === 0) return;
  const rows = await tx
    .insertInto('notices')
    .values(
      notices.map(({ id, caseId, person, told }) => ({
        id,
        case_id: caseId ?? null,
        person,
        told: [...told],
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute();
  const fresh = new Set(rows.map(({ id }) => id));
  await enqueue(
    tx,
    notices.filter(({ id }) => fresh.has(id)),
  );
}

export async function findNotice(
  db: Db,
  id: string,
): Promise<
  | {
      readonly id: string;
      readonly caseId: string | undefined;
      readonly person: string;
      readonly told: readonly string[];
    }
  | undefined
> {
  const row = await db.selectFrom('notices').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined
    ? undefined
    : { id: row.id, caseId: row.case_id ?? undefined, person: row.person, told: row.told };
}

/** The parties and people to look up in the directory, to know who these holders are. */
export function namesOf(
  wanted: readonly { readonly holder: Holder }[],
  namings: readonly Naming[],
): readonly [parties: readonly string[], people: readonly string[]] {
  const actors = wanted.flatMap(({ holder }) => (holder.actor === undefined ? [] : [holder.actor]));
  return [
    [...wanted.map(({ holder }) => holder.party), ...namings.map(({ party }) => party)],
    [...actors, ...namings.map(({ person }) => person)],
  ];
}
