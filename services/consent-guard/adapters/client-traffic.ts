import type { PoolClient } from 'pg';
import type { Category } from '#libs/contracts/purposes.js';
import { type GuardRecord, isCleared, rootOf } from '../domain/guard-record.js';
import { categoriesOfNotice } from '../domain/pass-fields.js';
import { type Line, restsOnLines } from '../domain/rests-on-lines.js';
import type { DeliveryState } from './judge-batch.js';
import { type RecordRow, type StoredRecord, toStoredRecord } from './record-rows.js';

/** One delivery that rests on a line that was taken back. */
export interface CoveredDelivery {
  readonly record: StoredRecord;
  readonly recipient: string;
  /** Undefined: in doubt. Cleared once, but nobody wrote down that it was delivered; it may be in its stream, or on its way there. */
  readonly streamSeq: number | undefined;
  readonly state: DeliveryState;
  /** The client's own message that the delivery rests on: itself, or what a notice tells of. */
  readonly root: StoredRecord;
  /** Kinds of information that went with it; undefined where that is not known. */
  readonly told: readonly Category[] | undefined;
}

/** The newest record of every message of one client, and where its deliveries lie: what a withdrawal looks through. */
export class ClientTraffic {
  private constructor(
    readonly records: ReadonlyMap<string, StoredRecord>,
    private readonly deliveries: readonly DeliveryRow[],
  ) {}

  /** Under the client's exclusive lock: nothing is added meanwhile. */
  static async read(db: PoolClient, client: string): Promise<ClientTraffic> {
    const { rows } = await db.query<RecordRow>(
      `select distinct on (r.id) r.* from client_case c join record r on r.case_id = c.id where c.client = $1 order by r.id, r.ordinal desc`,
      [client],
    );
    const deliveries = await db.query<DeliveryRow>(
      'select id, recipient, root, stream_seq as "streamSeq", state, told from delivery where client = $1',
      [client],
    );
    return new ClientTraffic(
      new Map(rows.map((row) => [row.id, toStoredRecord(row)])),
      deliveries.rows,
    );
  }

  /** @param upTo the sequence of the withdrawal's record: what was cleared after it was cleared without those lines */
  covered(lines: readonly Line[], upTo: number): readonly CoveredDelivery[] {
    const known = this.deliveries.flatMap(({ id, recipient, root, streamSeq, state, told }) =>
      this.delivery(
        { id, recipient, streamSeq, state },
        root,
        told.length === 0 ? undefined : told,
      ),
    );
    const delivered = new Set(this.deliveries.map(({ id, recipient }) => `${id}.${recipient}`));
    // Stopped when it came again, too: the attempt before may have delivered it.
    const inDoubt = [...this.records.values()].flatMap((record) =>
      (isCleared(record) || isStopped(record)) &&
      record.recipient !== undefined &&
      !delivered.has(`${record.id}.${record.recipient}`)
        ? this.delivery(
            { id: record.id, recipient: record.recipient, streamSeq: undefined, state: 'sent' },
            rootOf(record, (id) => this.records.get(id)),
          )
        : [],
    );
    return [...known, ...inDoubt].filter(
      ({ record, root, told }) =>
        (record.seq < upTo || isStopped(record)) && restsOnLines(root, lines, told),
    );
  }

  waiting(lines: readonly Line[]): readonly StoredRecord[] {
    return [...this.records.values()].filter(
      (record) => record.verdict.kind === 'waiting' && restsOnLines(record, lines),
    );
  }

  /** Whether a recipient had it before, whatever has become of it since. */
  wasGiven(id: string): boolean {
    return this.deliveries.some(
      (delivery) =>
        delivery.id === id && (delivery.state === 'pulled' || delivery.state === 'collected'),
    );
  }

  /** Notices whose mail has ended, one way or another, as the notifier reported. */
  endedMails(): ReadonlySet<string> {
    const reports = [...this.records.values()].filter(
      ({ name, facts }) => name === 'mail.reported' && facts['outcome'] !== 'held',
    );
    return new Set(reports.flatMap(({ cause }) => cause ?? []));
  }

  private delivery(
    {
      id,
      ...place
    }: Pick<CoveredDelivery, 'recipient' | 'streamSeq' | 'state'> & { readonly id: string },
    rootId: string,
    told?: readonly Category[],
  ): CoveredDelivery[] {
    const [record, root] = [this.records.get(id), this.records.get(rootId)];
    if (record === undefined || root === undefined) return [];
    return [
      {
        ...place,
        record,
        root,
        told: record === root ? told : categoriesOfNotice(root.name, root.facts),
      },
    ];
  }
}

const isStopped = ({ verdict }: GuardRecord): boolean => verdict.kind === 'stopped';

interface DeliveryRow {
  readonly id: string;
  readonly recipient: string;
  readonly root: string;
  readonly streamSeq: number;
  readonly state: DeliveryState;
  readonly told: readonly Category[];
}
