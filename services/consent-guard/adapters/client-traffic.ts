import type { PoolClient } from 'pg';
import type { Category } from '#libs/contracts/purposes.js';
import type { GuardRecord } from '../domain/guard-record.js';
import { categoriesOfNotice } from '../domain/pass-fields.js';
import { type Line, restsOnLines } from '../domain/rests-on-lines.js';
import type { DeliveryState } from './delivery-rows.js';
import { type RecordRow, type StoredRecord, toStoredRecord } from './record-rows.js';

/** One delivery that rests on a line that was taken back. */
export interface CoveredDelivery {
  readonly place: string;
  readonly record: StoredRecord;
  readonly recipient: string;
  readonly state: DeliveryState;
  /** Its recipient had it, once or more. */
  readonly isGiven: boolean;
  /** The client's own message that the delivery rests on: itself, or what a notice tells of. */
  readonly root: StoredRecord;
  /** Kinds of information that went with it; undefined where that is not known. */
  readonly told: readonly Category[] | undefined;
}

/** The newest record of every message of one client, and their deliveries: what a withdrawal looks through. */
export class ClientTraffic {
  private constructor(
    readonly records: ReadonlyMap<string, StoredRecord>,
    private readonly deliveries: readonly DeliveryRow[],
  ) {}

  /**
   * Under the client's exclusive lock: nothing is added meanwhile. The deliveries stay as they are until the transaction ends: what is not
   * given yet is not given while it lasts.
   */
  static async read(db: PoolClient, client: string): Promise<ClientTraffic> {
    const deliveries = await db.query<DeliveryRow>(
      `select place::text as place, id, recipient, root, state, given > 0 as "isGiven", told from delivery where client = $1
       order by recipient, place for update`,
      [client],
    );
    const { rows } = await db.query<RecordRow>(
      `select distinct on (r.id) r.* from client_case c join record r on r.case_id = c.id where c.client = $1 order by r.id, r.ordinal desc`,
      [client],
    );
    return new ClientTraffic(
      new Map(rows.map((row) => [row.id, toStoredRecord(row)])),
      deliveries.rows,
    );
  }

  /** @param upTo the sequence of the withdrawal's record: what was cleared after it was cleared without those lines */
  covered(lines: readonly Line[], upTo: number): readonly CoveredDelivery[] {
    return this.deliveries
      .flatMap((row) => this.delivery(row))
      .filter(
        ({ record, root, told }) =>
          (record.seq < upTo || isStopped(record)) && restsOnLines(root, lines, told),
      );
  }

  waiting(lines: readonly Line[]): readonly StoredRecord[] {
    return [...this.records.values()].filter(
      (record) => record.verdict.kind === 'waiting' && restsOnLines(record, lines),
    );
  }

  /** Whether a recipient has had it, whatever has become of it since. */
  wasGiven(id: string): boolean {
    return this.deliveries.some((delivery) => delivery.id === id && delivery.isGiven);
  }

  /** Notices whose mail has ended, one way or another, as the notifier reported. */
  endedMails(): ReadonlySet<string> {
    const reports = [...this.records.values()].filter(
      ({ name, facts }) => name === 'mail.reported' && facts['outcome'] !== 'held',
    );
    return new Set(reports.flatMap(({ cause }) => cause ?? []));
  }

  private delivery({ id, root: rootId, told, ...row }: DeliveryRow): CoveredDelivery[] {
    const [record, root] = [this.records.get(id), this.records.get(rootId)];
    if (record === undefined || root === undefined) return [];
    const own = told.length === 0 ? undefined : told;
    return [
      {
        ...row,
        record,
        root,
        told: record === root ? own : categoriesOfNotice(root.name, root.facts),
      },
    ];
  }
}

const isStopped = ({ verdict }: GuardRecord): boolean => verdict.kind === 'stopped';

interface DeliveryRow {
  readonly place: string;
  readonly id: string;
  readonly recipient: string;
  readonly root: string;
  readonly state: DeliveryState;
  readonly isGiven: boolean;
  readonly told: readonly Category[];
}
