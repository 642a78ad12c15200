import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { Sealer } from './sealer.js';

/** WCAG 2.2.1: a person has at least 20 hours. */
const keepHours = 24;

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export interface KeptDraft {
  readonly id: string;
  readonly fields: Fields;
  readonly keptUntil: Date;
}

/** What somebody wrote and did not send yet: sealed, with an address of its own, and given to nobody but its author. */
export class DraftStore {
  constructor(
    private readonly pool: Pool,
    private readonly sealer: Sealer,
  ) {}

  /**
   * @param id the draft to write over, where it is the same person's; else a new one
   * @param caseId of what it is about: it goes with what came in that case
   */
  async write(
    person: string,
    kind: string,
    fields: Fields,
    { id, caseId }: { readonly id?: string | undefined; readonly caseId?: string | undefined } = {},
  ): Promise<string> {
    const draft = id ?? randomUUID();
    try {
      const { rows } = await this.pool.query<{ id: string }>(
        `insert into draft (id, person, kind, sealed, case_id) values ($1, $2, $3, $4, $5)
         on conflict (id) do update set sealed = excluded.sealed, written_at = now()
         where draft.person = excluded.person and draft.kind = excluded.kind returning id`,
        [draft, person, kind, this.sealer.seal(fields, `draft/${draft}`), caseId ?? null],
      );
      return rows[0]?.id ?? (await this.write(person, kind, fields, { caseId }));
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Undefined alike for another person's, for one that is gone, and for one of another page. */
  async read(person: string, kind: string, id: string): Promise<Fields | undefined> {
    try {
      const { rows } = await this.pool.query<{ sealed: Buffer }>(
        'select sealed from draft where id = $1 and person = $2 and kind = $3',
        [id, person, kind],
      );
      const [row] = rows;
      return row === undefined
        ? undefined
        : (this.sealer.open(row.sealed, `draft/${id}`) as Fields);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** All of one kind that are a person's own, the oldest first. */
  async list(person: string, kind: string): Promise<readonly KeptDraft[]> {
    try {
      const { rows } = await this.pool.query<{ id: string; sealed: Buffer; until: Date }>(
        `select id, sealed, written_at + make_interval(hours => ${keepHours}) as until
         from draft where person = $1 and kind = $2 order by written_at`,
        [person, kind],
      );
      return rows.map(({ id, sealed, until }) => ({
        id,
        fields: this.sealer.open(sealed, `draft/${id}`) as Fields,
        keptUntil: until,
      }));
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async remove(person: string, id: string): Promise<void> {
    await this.pool.query('delete from draft where id = $1 and person = $2', [id, person]);
  }

  async forgetOld(): Promise<void> {
    await this.pool.query(
      `delete from draft where written_at < now() - make_interval(hours => ${keepHours})`,
    );
  }
}
