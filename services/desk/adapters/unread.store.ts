import type { Pool } from 'pg';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { OfficeTrouble } from '../domain/trouble-words.js';

/** What is not kept comes again in a minute. What did not come for so long was settled otherwise. */
const seenWithin = `interval '10 minutes'`;

/** Received messages that could not be kept: never silently. Rows, so that every instance's pages tell of them. */
export class UnreadStore {
  constructor(private readonly pool: Pool) {}

  async note(office: string, id: string): Promise<void> {
    await this.#rows(
      `insert into unread (office, id) values ($1, left($2, 100))
       on conflict (office, id) do update set seen_at = now()`,
      [office, id],
    );
  }

  /** It was kept after all. */
  async settle(office: string, id: string): Promise<void> {
    await this.#rows('delete from unread where office = $1 and id = left($2, 100)', [office, id]);
  }

  async of(office: string): Promise<OfficeTrouble | undefined> {
    return (await this.all()).find((each) => each.office === office);
  }

  async all(): Promise<readonly OfficeTrouble[]> {
    const rows = await this.#rows<{ office: string; count: number; since: Date }>(
      `select office, count(*) as count, min(first_at) as since from unread
       where seen_at > now() - ${seenWithin} group by office`,
      [],
    );
    return rows.map(({ since, ...row }) => ({ ...row, since: since.toISOString() }));
  }

  async forgetOld(): Promise<void> {
    await this.#rows(`delete from unread where seen_at < now() - interval '1 day'`, []);
  }

  async #rows<R extends object>(sql: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      return (await this.pool.query<R & Record<string, unknown>>(sql, [...values])).rows;
    } catch (error) {
      throw toStoreError(error);
    }
  }
}
