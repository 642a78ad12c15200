import type { Pool } from 'pg';
import type { DeliveredMessage, MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { partyOfSource } from '#libs/contracts/mesh-message.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { KeptMessage, Erased } from '../domain/kept-message.js';
import type { MeshAnswer, ProblemShown } from '../domain/told-by-mesh.js';
import { isForRecord } from '../domain/record-entry.js';
import { hasten } from '../record/record.store.js';
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

const stopUsing = typeOf('instruction.stop-using');
const changesConsent = [typeOf('consent.recorded'), typeOf('consent.withdrawn')];

const placeOf = (office: string, id: string): string => `message/${office}/${id}`;
const columns =
  'id, office, case_id, direction, type, other, actor, at, sealed, erased_because, erased_at, answer, problem, kept_at';

/** How the messages of an office touch its record: record/record-systems.ts. */
export interface RecordRules {
  /** A job centre: the DPA1 of each case of which something is kept is watched. */
  isKeeper(office: string): boolean;
  /** It has a record system: entries and erasures are queued with the message. */
  isHandedOver(office: string): boolean;
}

/** The forms that the agency sent and received. Their content is sealed; ids, types and times are not. */
export class MessageStore {
  constructor(
    private readonly pool: Pool,
    private readonly sealer: Sealer,
    private readonly record: RecordRules,
  ) {}

  /** Keeps a received message; one that comes again changes nothing. What it erases, and what the record is told, go in the same transaction. */
  async receive(office: string, message: DeliveredMessage): Promise<void> {
    await this.#keep(office, message, 'received');
  }

  /** Keeps a message before it goes. One that is there already stands: the same form sent twice is one message. */
  async keepSent(office: string, message: MeshEnvelope): Promise<KeptMessage> {
    await this.#keep(office, message, 'sent');
    const kept = await this.find(office, message.id);
    if (kept === undefined) throw new Error('a message that was kept is not there');
    return kept;
  }

  /**
   * One statement, so that nothing of it is done without the rest. The case is watched where the office is a job centre; the record system's
   * outbox gets its item; an instruction erases what it names, or all that came in its case, and what was written about it and not sent.
   */
  async #keep(
    office: string,
    message: MeshEnvelope,
    direction: KeptMessage['direction'],
  ): Promise<void> {
    const isInstruction = message.type === stopUsing && direction === 'received';
    const named = message.data['message'];
    await this.#query(
      `with kept as (
        insert into message (id, office, case_id, direction, type, other, actor, at, sealed)
        values ($3, $1, $2, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id),
      watched as (
        insert into record_case (office, case_id) select $1, $2 from kept where $12
        on conflict (office, case_id) do update set ask_at = least(record_case.ask_at, now())),
      queued as (
        insert into record_item (office, case_id, kind, message_id)
        select $1, $2, $13, case when $10 then $11::uuid else id end from kept where $13::text is not null),
      hastened as (${hasten} and $10 and exists (select 1 from kept)),
      forgotten as (delete from draft where $10 and case_id = $2 and exists (select 1 from kept))
      update message set sealed = null, erased_because = 'stop-using', erased_at = now()
      where $10 and sealed is not null and direction = 'received' and case_id = $2 and office = $1
        and type <> $5 and ($11::uuid is null or id = $11) and exists (select 1 from kept)`,
      [
        office,
        message.case,
        message.id,
        direction,
        message.type,
        direction === 'received' ? partyOfSource(message.source) : message.to,
        message.actor ?? null,
        message.time,
        this.sealer.seal(message, placeOf(office, message.id)),
        isInstruction,
        isInstruction && typeof named === 'string' ? named : null,
        this.record.isKeeper(office),
        this.#itemOf(office, message.type),
      ],
    );
  }

  /** After a consent or its withdrawal the DPA1 is asked for at once. */
  async answered({ id, office, caseId, type }: KeptMessage, answer: MeshAnswer): Promise<void> {
    const problem = answer.kind === 'refused' ? JSON.stringify(answer.problem) : null;
    await this.#query(
      `with asked as (update record_case set ask_at = now() where case_id = $5 and $6)
       update message set answer = $2, problem = $3 where id = $1 and office = $4`,
      [id, answer.kind, problem, office, caseId, changesConsent.includes(type)],
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
      `with told as (insert into record_item (office, case_id, kind) select $1, $2, 'erasure' where $3),
        hastened as (${hasten}),
        forgotten as (delete from draft where case_id = $2)
       update message set sealed = null, erased_because = 'no-trace', erased_at = now()
       where office = $1 and case_id = $2 and direction = 'received' and sealed is not null`,
      [office, caseId, this.record.isHandedOver(office)],
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

  #itemOf(office: string, type: string): 'entry' | 'erasure' | null {
    if (!this.record.isHandedOver(office)) return null;
    if (type === stopUsing) return 'erasure';
    return isForRecord(type) ? 'entry' : null;
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
