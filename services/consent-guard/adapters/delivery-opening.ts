import type { Pool, PoolClient } from 'pg';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { DeliveryRecall, Opening, Openings } from './delivery-recall.js';

interface OpeningRow extends Opening {
  readonly recipient: string;
}

const openingsSql = `select recipient, number, records_to as "recordsTo" from delivery_opening where recipient = any($1::text[])`;

/**
 * Opens a recipient's stream, which is shut whenever its broker was started anew: its durable is kept in the broker's memory alone, and only the
 * guard makes it again. nats-server forgets deletions of its last seconds when it is killed (with encryption at rest, 2.9.10 all of the last
 * five seconds: what was taken back, or acknowledged, lies there again), so that what a withdrawal took out must be taken out again before
 * anybody can pull it.
 *
 *     broker killed ─▶ no durable, nobody can pull ─▶ number + 1 ─▶ taken back once more ─▶ durable made ─▶ pulls are answered
 *                                                         │
 *               a withdrawal that deleted before ─────────┴─ and commits after: refused, it is carried out again
 */
export class DeliveryOpening {
  constructor(
    private readonly pool: Pool,
    private readonly recall: DeliveryRecall,
  ) {}

  /**
   * Right before the durable is made; to be repeated when it fails. Two at once do no harm.
   *
   * @throws MeshError `broker-unavailable`, `answer-timeout`; what the database throws: nothing may be opened then
   */
  async prepare(recipient: string): Promise<void> {
    const { firstSeq, lastSeq } = await this.recall.extent(recipient);
    await this.pool.query(
      `insert into delivery_opening (recipient, number, records_to) select $1, 1, coalesce(max(seq), 0) from record
       on conflict (recipient) do update set number = delivery_opening.number + 1, records_to = greatest(delivery_opening.records_to, excluded.records_to)`,
      [recipient],
    );
    // After that: a withdrawal that is committed before it is seen here, and one that is not can commit no more.
    const { rows } = await this.pool.query<{ id: string; streamSeq: number }>(
      `select id, stream_seq as "streamSeq" from delivery where recipient = $1 and state <> 'sent' and stream_seq between $2 and $3`,
      [recipient, firstSeq, lastSeq],
    );
    await this.recall.takeAgain(rows.map((row) => ({ ...row, recipient })));
  }
}

/** How the streams of these recipients stand, before anything is taken back from them. Who has none yet gets a row, so that it can be held. */
export async function readOpenings(
  db: PoolClient,
  recipients: Iterable<string>,
): Promise<Openings> {
  const wanted = [...new Set(recipients)].toSorted();
  if (wanted.length === 0) return new Map();
  await db.query(
    `insert into delivery_opening (recipient, number, records_to) select unnest($1::text[]), 0, 0 on conflict do nothing`,
    [wanted],
  );
  const { rows } = await db.query<OpeningRow>(openingsSql, [wanted]);
  return new Map(rows.map(({ recipient, ...opening }) => [recipient, opening]));
}

/**
 * In the transaction that writes down what was taken back: that the broker it was taken from is the one at work, until the commit.
 *
 * @throws MeshError `broker-unavailable` where it is not: it is to be taken back again
 */
export async function requireOpenings(db: PoolClient, openings: Openings): Promise<void> {
  if (openings.size === 0) return;
  const { rows } = await db.query<OpeningRow>(`${openingsSql} order by recipient for share`, [
    [...openings.keys()],
  ]);
  const isSame =
    rows.length === openings.size &&
    rows.every(({ recipient, number }) => openings.get(recipient)?.number === number);
  if (!isSame)
    throw new MeshError(
      'broker-unavailable',
      'the broker was started anew while deliveries were taken back',
    );
}
