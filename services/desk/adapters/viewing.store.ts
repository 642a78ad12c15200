import type { Pool } from 'pg';
import { toStoreError } from '#libs/postgres/foreign-error.js';

export interface Viewing {
  readonly person: string;
  readonly office: string;
  /** Undefined: a list, or a form about somebody who has no case yet. */
  readonly caseId?: string | undefined;
  readonly page: string;
}

/** Who looked at what. */
export class ViewingStore {
  constructor(private readonly pool: Pool) {}

  /** Before the page is served. @throws MeshError: then the page is not served. */
  async note({ person, office, caseId, page }: Viewing): Promise<void> {
    try {
      await this.pool.query(
        'insert into viewing (person, office, case_id, page) values ($1, $2, $3, $4)',
        [person, office, caseId ?? null, page],
      );
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** The newest first. */
  async ofCase(
    caseId: string,
  ): Promise<readonly { readonly person: string; readonly page: string; readonly at: string }[]> {
    try {
      const { rows } = await this.pool.query<{ person: string; page: string; at: Date }>(
        'select person, page, at from viewing where case_id = $1 order by at desc limit 500',
        [caseId],
      );
      return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
    } catch (error) {
      throw toStoreError(error);
    }
  }
}
