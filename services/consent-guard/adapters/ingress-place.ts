import type { Pool, PoolClient } from 'pg';
import { MeshError } from '#libs/contracts/mesh-error.js';

/** A reading of a party's stream, and how far it was committed. */
export interface Place {
  readonly party: string;
  /** Grows with each reading, whoever reads: an older one commits nothing any more. */
  readonly epoch: number;
  readonly seq: number;
}

/** The place to which a batch takes it. */
export interface Step extends Place {
  readonly to: number;
}

/** A reading begins at the stream's first message. @throws what the database throws */
export async function beginReading(pool: Pool, party: string): Promise<Place> {
  const { rows } = await pool.query<{ epoch: number }>(
    `insert into ingress_place (party, epoch, seq) values ($1, 1, 0)
     on conflict (party) do update set epoch = ingress_place.epoch + 1, seq = 0 returning epoch`,
    [party],
  );
  return { party, epoch: rows[0]?.epoch ?? 0, seq: 0 };
}

/**
 * In the transaction of a batch: that it follows what was committed before it, in the reading that is the newest.
 *
 * @throws MeshError `lease-lost`: another reads the party's stream by now, or this batch was committed before
 */
export async function movePlace(db: PoolClient, { party, epoch, seq, to }: Step): Promise<void> {
  const { rowCount } = await db.query({
    name: 'move-place',
    text: 'update ingress_place set seq = $4 where party = $1 and epoch = $2 and seq = $3',
    values: [party, epoch, seq, to],
  });
  if (rowCount !== 1)
    throw new MeshError('lease-lost', 'another reading of the same stream has begun');
}
