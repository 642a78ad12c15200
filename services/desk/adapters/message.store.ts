import type { Pool } from 'pg';
import type { DeliveredMessage, MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { partyOfSource } from '#libs/contracts/mesh-message.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { KeptMessage, Erased } from '../domain/kept-message.js';
import type { MeshAnswer, ProblemShown } from '../domain/told-by-mesh.js';
import type { Sealer } from './sealer.js';

interface Row {
  readonly id: string;
  readonly office: string;
  readonly case_id: string;
  readonly direction: 'received' | 'sent';
  readonly type: string;
  readonly other: string;
  readonly actor: string | null;
  readonly at: Date;
  readonly sealed: Buffer | null;
  readonly erased_because: Erased | null;
  readonly erased_at: Date | null;
  readonly answer: 'decided' | 'accepted' | 'refused' | null;
  readonly problem: ProblemShown | null;
  readonly kept_at: Date;
}

const placeOf = (office: string, id: string): string => `message/${office}/${id}`;
const columns =
  'id, office, case_id, direction, type, other, actor, at, sealed, erased_because, erased_at, answer, problem, kept_at';

/** The forms that the agency sent and received. Their content is sealed; ids, types and times are not. */
export class MessageStore {
  constructor(
    private readonly pool: Pool,
    private readonly sealer: Sealer,
  ) {}

  /** Keeps a received message; one that comes again changes nothing. What it erases goes in the same transaction. */
  async receive(office: string, message: DeliveredMessage): Promise<void> {
    const isInstruction = nameOfType(message.type) === 'instruction.stop-using';
    const named = message.data['message'];
    await this.#query(
      `with kept as (
        insert into message (id, office, case_id, direction, type, other, actor, at, sealed)
        values ($1, $2, $3, 'received', $4, $5, $6, $7, $8) on conflict do nothing returning id)
      update message set sealed = null, erased_because = 'stop-using', erased_at = now()
      where $9 and sealed is not null and direction = 'received' and case_id = $3 and office = $2
        and type <> $4 and ($10::uuid is null or id = $10) and exists (select 1 from kept)`,
      [
        message.id,
        office,
        message.case,
        message.type,
        partyOfSource(message.source),
        message.actor ?? null,
        message.time,
        this.sealer.seal(message, placeOf(office, message.id)),
        isInstruction,
        typeof named === 'string' ? named : null,
      ],
    );
  }

  /** Keeps a message before it goes. One that is there already stands: the same form sent twice is one message. */
  async keepSent(office: string, message: MeshEnvelope): Promise<KeptMessage> {
    await this.#query(
      `insert into message (id, office, case_id, direction, type, other, actor, at, sealed)
       values ($1, $2, $3, 'sent', $4, $5, $6, $7, $8) on conflict do nothing`,
      [
        message.id,
        office,
        message.case,
        message.type,
        message.to,
        message.actor ?? null,
        message.time,
        this.sealer.seal(message, placeOf(office, message.id)),
      ],
    );
    const kept = await this.find(office, message.id);
    if (kept === undefined) throw new Error('a message that was kept is not there');
    return kept;
  }

  async answered({ id, office }: KeptMessage, answer: MeshAnswer): Promise<void> {
    const problem = answer.kind === 'refused' ? JSON.stringify(answer.problem) : null;
    await this.#query(
      'update message set answer = $2, problem = $3 where id = $1 and office = $4',
      [id, answer.kind, problem, office],
    );
  }

  /** What was kept to be sent and has no answer: the mesh was away, or the desk ended between the two. The oldest first. */
  async unanswered(olderThanSeconds: number): Promise<readonly KeptMessage[]> {
    return this.#rows(
      `select ${columns} from message where direction = 'sent' and answer is null and sealed is not null
       and kept_at < now() - make_interval(secs => $1) order by kept_at limit 20`,
      [olderThanSeconds],
    );
  }

  /** What was written in the same case before this one, by any office of the agency, and has no answer. The oldest first. */
  async unansweredBefore({ id, office, caseId }: KeptMessage): Promise<readonly KeptMessage[]> {
    return this.#rows(
      `select ${columns} from message where direction = 'sent' and answer is null and sealed is not null and case_id = $3
       and (kept_at, id) < (select kept_at, id from message where id = $1 and office = $2) order by kept_at, id`,
      [id, office, caseId],
    );
  }

  /** A message that was to follow one that was refused, and has not gone. */
  async drop(office: string, id: string): Promise<void> {
    await this.#query(
      `delete from message where office = $1 and id = $2 and direction = 'sent' and answer is null`,
      [office, id],
    );
  }

  /** The TPR2 went back: nothing that came in this case is kept by this office. */
  async eraseReceived(office: string, caseId: string): Promise<void> {
    await this.#query(
      `update message set sealed = null, erased_because = 'no-trace', erased_at = now()
       where office = $1 and case_id = $2 and direction = 'received' and sealed is not null`,
      [office, caseId],
    );
  }

  /** Content of cases in which nothing has come or gone for so many days. @returns how many messages */
  async eraseOld(keepDays: number): Promise<number> {
    return this.#query(
      `update message set sealed = null, erased_because = 'time', erased_at = now()
       where sealed is not null and case_id in (
         select case_id from message group by case_id having max(kept_at) < now() - make_interval(days => $1))`,
      [keepDays],
    );
  }

  async find(office: string, id: string): Promise<KeptMessage | undefined> {
    return (
      await this.#rows(`select ${columns} from message where office = $1 and id = $2`, [office, id])
    )[0];
  }

  ofCase(office: string, caseId: string): Promise<readonly KeptMessage[]> {
    return this.#rows(
      `select ${columns} from message where office = $1 and case_id = $2 order by at, kept_at`,
      [office, caseId],
    );
  }

  async #rows(sql: string, values: readonly unknown[]): Promise<readonly KeptMessage[]> {
    try {
      const { rows } = await this.pool.query<Row>(sql, [...values]);
      return rows.map((row) => this.#toKept(row));
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async #query(sql: string, values: readonly unknown[]): Promise<number> {
    try {
      return (await this.pool.query(sql, [...values])).rowCount ?? 0;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  #toKept(row: Row): KeptMessage {
    const { id, office, direction, type, other, sealed } = row;
    return {
      id,
      office,
      caseId: row.case_id,
      direction,
      type,
      other,
      actor: row.actor ?? undefined,
      at: row.at.toISOString(),
      message:
        sealed === null
          ? undefined
          : (this.sealer.open(sealed, placeOf(office, id)) as MeshEnvelope),
      erased: row.erased_because ?? undefined,
      erasedAt: row.erased_at?.toISOString(),
      answer: row.answer ?? undefined,
      problem: row.problem ?? undefined,
      keptAt: row.kept_at.toISOString(),
    };
  }
}
