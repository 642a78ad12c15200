import type { Pool } from 'pg';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { recordTypes } from '../domain/record-entry.js';
import type { OfficeTrouble } from '../domain/trouble-words.js';

/** A case whose DPA1 is to be asked for. */
export interface WatchedCase {
  readonly office: string;
  readonly caseId: string;
  readonly isCurrent: boolean;
}

/** What waits to go to the record system. */
export interface RecordItem {
  readonly id: number;
  readonly delivery: string;
  readonly office: string;
  readonly caseId: string;
  readonly kind: 'entry' | 'erasure';
  readonly messageId: string | undefined;
  readonly queuedAt: string;
  readonly attempts: number;
}

interface ItemRow {
  readonly id: number;
  readonly delivery: string;
  readonly office: string;
  readonly case_id: string;
  readonly kind: RecordItem['kind'];
  readonly message_id: string | null;
  readonly queued_at: Date;
  readonly attempts: number;
}

/** How much of an office waits, and since when what fails fails. */
export interface RecordBacklog {
  readonly office: string;
  readonly waiting: number;
  readonly failing: number;
  readonly failingSince: string | undefined;
}

/** A claimed item is another instance's after so long: longer than a delivery and its questions to the mesh may take. */
const claimSeconds = 60;
/** 5 s, doubled with each try, ten minutes at most: an erasure waits behind the entry before it. */
const firstTryAgainSeconds = 5;
const longestTryAgainSeconds = 600;
/** From this try on, twenty minutes after the first, an item counts as failing. */
const failingTries = 8;
const atOnce = 20;

/** In a statement with office $1 and case $2: an erasure does not wait for an entry that waits; one in hand is left to whom has it. */
export const hasten = `update record_item set next_at = least(next_at, now() + interval '${claimSeconds} s')
  where office = $1 and case_id = $2`;

/** The outbox to the record system, and the cases whose DPA1 is watched. Rows come in with the messages: message.store.ts. */
export class RecordStore {
  constructor(private readonly pool: Pool) {}

  /** Cases to ask for now. Another instance asks for others; one without an answer is due again when its claim is over. */
  async takeWatched(): Promise<readonly WatchedCase[]> {
    const rows = await this.#rows<{ office: string; case_id: string; is_current: boolean }>(
      `update record_case set ask_at = now() + interval '${claimSeconds} s' where (office, case_id) in (
         select office, case_id from record_case where ask_at <= now() order by ask_at limit ${atOnce} for update skip locked)
       returning office, case_id, is_current`,
      [],
    );
    return rows.map(({ office, case_id, is_current }) => ({
      office,
      caseId: case_id,
      isCurrent: is_current,
    }));
  }

  /** The DPA1 stands: what waited for it may go. */
  async stands(office: string, caseId: string): Promise<void> {
    await this.#rows(
      `with known as (update record_case set is_current = true where office = $1 and case_id = $2)
       update record_item set next_at = now() where office = $1 and case_id = $2 and trouble = 'no-dpa1' and next_at > now()`,
      [office, caseId],
    );
  }

  async askAgain(office: string, caseId: string, seconds: number): Promise<void> {
    await this.#rows(
      `update record_case set ask_at = now() + make_interval(secs => $3) where office = $1 and case_id = $2`,
      [office, caseId, seconds],
    );
  }

  /** The job centre may keep nothing of the case: the content goes, and the record system is told, in one transaction. @returns how many forms */
  async eraseCase(office: string, caseId: string, isHandedOver: boolean): Promise<number> {
    const rows = await this.#rows(
      `with known as (update record_case set is_current = false where office = $1 and case_id = $2),
        told as (insert into record_item (office, case_id, kind) select $1, $2, 'erasure' where $3),
        hastened as (${hasten})
       update message set sealed = null, erased_because = 'no-dpa1', erased_at = now()
       where office = $1 and case_id = $2 and sealed is not null and type = any($4)
         and (direction = 'received' or answer is not null) returning id`,
      [office, caseId, isHandedOver, recordTypes],
    );
    return rows.length;
  }

  /** The oldest item of each case that is due, and which no other instance has in hand. */
  async claim(): Promise<readonly RecordItem[]> {
    const rows = await this.#rows<ItemRow>(
      `update record_item set next_at = now() + interval '${claimSeconds} s' where id in (
         select id from record_item one where next_at <= now() and not exists (
           select 1 from record_item before where before.office = one.office and before.case_id = one.case_id and before.id < one.id)
         order by next_at limit ${atOnce} for update skip locked)
       returning id, delivery, office, case_id, kind, message_id, queued_at, attempts`,
      [],
    );
    return rows
      .map((row) => ({
        id: row.id,
        delivery: row.delivery,
        office: row.office,
        caseId: row.case_id,
        kind: row.kind,
        messageId: row.message_id ?? undefined,
        queuedAt: row.queued_at.toISOString(),
        attempts: row.attempts,
      }))
      .toSorted((one, other) => one.id - other.id);
  }

  /** Before a try, when the mesh has just said that the DPA1 stands: from then on an erasure of the case must be told too. */
  async handing({ office, caseId }: RecordItem): Promise<void> {
    await this.#rows(
      `insert into record_case (office, case_id, is_current, was_handed) values ($1, $2, true, true)
       on conflict (office, case_id) do update set is_current = true, was_handed = true`,
      [office, caseId],
    );
  }

  /** Has the record system something of the case? */
  async wasHanded({ office, caseId }: RecordItem): Promise<boolean> {
    const rows = await this.#rows(
      'select 1 from record_case where office = $1 and case_id = $2 and was_handed',
      [office, caseId],
    );
    return rows.length > 0;
  }

  /** It went, or is not to go. After an erasure of the whole case the record system has nothing of it. */
  async done({ id, kind, office, caseId, messageId }: RecordItem): Promise<void> {
    const isAllErased = kind === 'erasure' && messageId === undefined;
    await this.#rows(
      `with gone as (delete from record_item where id = $1)
       update record_case set was_handed = false where $2 and office = $3 and case_id = $4`,
      [id, isAllErased, office, caseId],
    );
  }

  /** No try: something that it needs is not there yet. */
  async postpone({ id }: RecordItem, seconds: number, why: string): Promise<void> {
    await this.#rows(
      'update record_item set next_at = now() + make_interval(secs => $2), trouble = $3 where id = $1',
      [id, seconds, why],
    );
  }

  async failed({ id, attempts }: RecordItem, why: string): Promise<void> {
    const seconds = Math.min(firstTryAgainSeconds * 2 ** attempts, longestTryAgainSeconds);
    await this.#rows(
      `update record_item set attempts = attempts + 1, trouble = $3,
         next_at = now() + make_interval(secs => $2 * (0.9 + random() * 0.2)) where id = $1`,
      [id, seconds, why],
    );
  }

  /** What fails of an office; undefined where nothing does. */
  async failing(office: string): Promise<OfficeTrouble | undefined> {
    const found = (await this.backlog()).find((each) => each.office === office);
    return found?.failingSince === undefined
      ? undefined
      : { office, count: found.failing, since: found.failingSince };
  }

  async backlog(): Promise<readonly RecordBacklog[]> {
    const rows = await this.#rows<{
      office: string;
      waiting: number;
      failing: number;
      since: Date | null;
    }>(
      `select office, count(*) as waiting, count(*) filter (where attempts >= ${failingTries}) as failing,
         min(queued_at) filter (where attempts >= ${failingTries}) as since from record_item group by office`,
      [],
    );
    return rows.map(({ office, waiting, failing, since }) => ({
      office,
      waiting,
      failing,
      failingSince: since?.toISOString(),
    }));
  }

  async #rows<R extends object>(sql: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      return (await this.pool.query<R & Record<string, unknown>>(sql, [...values])).rows;
    } catch (error) {
      throw toStoreError(error);
    }
  }
}
