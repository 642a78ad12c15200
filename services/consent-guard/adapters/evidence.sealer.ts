import { randomBytes } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { formatCheckpoint } from '#libs/evidence/checkpoint.js';
import { GrowingTree, type TileHash } from '#libs/evidence/growing-tree.js';
import { leafHash } from '#libs/evidence/merkle-tree.js';
import type { NoteSigner } from '#libs/evidence/note-keys.js';
import { signNote } from '#libs/evidence/signed-note.js';
import { decodeTile, tileWidth } from '#libs/evidence/tiles.js';
import { copyRows } from '#libs/postgres/copy-rows.js';
import { listed } from '#libs/postgres/listed.js';
import { readCopied } from '#libs/postgres/read-copied.js';
import { type Leaf, type RowToSeal, leafOfRecord, leafRandomBytes, rowColumns, rowToSeal } from './leaf-of-record.js';
import { SealHorizon } from './seal-horizon.js';

/** How often new records are looked for, in real time; what was committed is sealed within 5 s while the sealer keeps up. */
const sealMs = 2_000;
/** Records sealed in one transaction, at most. */
const atOnce = 1_024;

/** One at a time changes the tree, whichever instance it belongs to; the lock ends with its transaction, also when its holder is killed. */
export const evidenceLockSql = (isPatient: boolean): string =>
  `select pg_${isPatient ? '' : 'try_'}advisory_xact_lock(hashtextextended('throughcare:evidence', 0)) as got`;

/**
 * `offset 0` keeps the planner from reading both tables whole to answer for a thousand rows: each row is looked up in its index. Of a first
 * record its own verdict tells; where a second one let the message go out, `insertLeaves` makes it good.
 */
const unsealedSql = `select ${rowColumns}, r.verdict in ('cleared', 'cleared-in-part') or (r.ordinal > 0 and
    exists (select 1 from record d where d.id = r.id and d.verdict in ('cleared', 'cleared-in-part') offset 0)) as is_disclosure
  from record r where r.seq > $1 and not exists (select 1 from leaf l where l.id = r.id and l.ordinal = r.ordinal offset 0) order by r.seq limit $2`;

interface TreeRow {
  readonly size: number;
  readonly edge: Buffer;
  readonly sealed_through: number;
}

export interface EvidenceSealerParts {
  readonly pool: Pool;
  readonly signer: NoteSigner;
  /** What went wrong in the background; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Gives every record its leaf, off the road of the messages: records are committed and delivered without it. Each step, leaves, tiles and signed
 * checkpoint, is one transaction: killed anywhere, nothing of it or all of it is there, and the next instance goes on.
 */
export class EvidenceSealer {
  private readonly horizon = new SealHorizon();
  /** Sequences of records that have their leaf, above `sealed_through`: a run without a gap is done with, whoever else is still writing. */
  private readonly sealedAbove = new Set<number>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(private readonly parts: EvidenceSealerParts) {}

  start(): void {
    if (!this.isStopped) this.timer ??= setInterval(() => this.wake(), sealMs);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Seals what is committed by now, unless another instance is at it. @returns how many records */
  async seal(): Promise<number> {
    let sealed = 0;
    for (;;) {
      const count = await this.sealSome();
      sealed += count;
      if (count < atOnce || this.isStopped) return sealed;
    }
  }

  private wake(): void {
    this.running ??= this.seal()
      .then(() => undefined)
      .catch((error: unknown) => this.parts.onTrouble(error))
      .finally(() => (this.running = undefined));
  }

  private async sealSome(): Promise<number> {
    const db = await this.parts.pool.connect();
    try {
      await db.query('begin');
      const { rows } = await db.query<{ got: boolean }>(evidenceLockSql(false));
      const sealed = rows[0]?.got === true ? await this.sealLocked(db) : [];
      await db.query('commit');
      db.release();
      for (const seq of sealed) this.sealedAbove.add(seq);
      return sealed.length;
    } catch (error) {
      db.release(true); // the transaction ends with its connection
      throw error;
    }
  }

  /** @returns the sequences of the records that have their leaf once this is committed */
  private async sealLocked(db: PoolClient): Promise<readonly number[]> {
    const { rows } = await db.query<TreeRow>('select size, edge, sealed_through from evidence_tree');
    const [row] = rows;
    if (row === undefined) throw new RangeError('the tree has no row');
    const settled = await this.horizon.settledThrough(db);
    const records = (await readCopied(db, unsealedSql, [row.sealed_through, atOnce])).map(rowToSeal);
    const seqs = records.map(({ seq }) => seq);
    const through = Math.max(
      this.runFrom(row.sealed_through, new Set(seqs)),
      Math.min(settled, records.length < atOnce ? Infinity : (seqs.at(-1) ?? 0)),
    );
    if (records.length > 0) await this.append(db, new GrowingTree(row.size, decodeTile(row.edge)), records);
    if (through > row.sealed_through) await db.query('update evidence_tree set sealed_through = $1', [through]);
    return seqs;
  }

  /** The end of the run of sealed records that begins after `through`. */
  private runFrom(through: number, sealedNow: ReadonlySet<number>): number {
    for (const seq of this.sealedAbove) if (seq <= through) this.sealedAbove.delete(seq);
    let end = through;
    while (sealedNow.has(end + 1) || this.sealedAbove.has(end + 1)) end += 1;
    return end;
  }

  private async append(db: PoolClient, tree: GrowingTree, records: readonly RowToSeal[]): Promise<void> {
    const keys = await clientKeys(db, records);
    const first = tree.size;
    const random = randomBytes(records.length * leafRandomBytes);
    const leaves = records.map((record, n) => {
      const own = random.subarray(n * leafRandomBytes, (n + 1) * leafRandomBytes);
      return leafOfRecord(record, own, keys.get(record.client ?? ''));
    });
    const hashes = leaves.flatMap(({ entry }) => tree.add(leafHash(entry)));
    await insertLeaves(db, { first, records, leaves });
    await appendTiles(db, hashes);
    const { name: origin } = this.parts.signer;
    const checkpoint = signNote(formatCheckpoint({ origin, size: tree.size, root: tree.root }), this.parts.signer);
    await db.query('update evidence_tree set size = $1, edge = $2, checkpoint = $3', [
      tree.size,
      Buffer.concat(tree.rightEdge),
      checkpoint,
    ]);
  }
}

/** The key of each client concerned, made where there is none yet. */
async function clientKeys(db: PoolClient, records: readonly RowToSeal[]): Promise<ReadonlyMap<string, Buffer>> {
  const clients = [...new Set(records.flatMap(({ client }) => client ?? []))];
  if (clients.length === 0) return new Map();
  const keys = await storedKeys(db, clients);
  const missing = clients.filter((client) => !keys.has(client));
  if (missing.length === 0) return keys;
  await db.query('insert into client_key (client, key) select * from unnest($1::uuid[], $2::bytea[]) on conflict do nothing', [
    missing,
    missing.map(() => randomBytes(32)),
  ]);
  return storedKeys(db, clients);
}

const keysSql = `select client, encode(key, 'base64') from client_key where client = any(string_to_array($1, ',')::uuid[])`;

async function storedKeys(db: PoolClient, clients: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  const rows = await readCopied(db, keysSql, [listed(clients)]);
  return new Map(rows.map(([client, key]) => [client ?? '', Buffer.from(key ?? '', 'base64')]));
}

interface LeavesToInsert {
  readonly first: number;
  readonly records: readonly RowToSeal[];
  readonly leaves: readonly Leaf[];
}

async function insertLeaves(db: PoolClient, { first, records, leaves }: LeavesToInsert): Promise<void> {
  await copyRows(
    db,
    { table: 'leaf', columns: ['idx', 'id', 'ordinal', 'entry', 'row_salt', 'client', 'is_disclosure', 'recorded_at'] },
    records.map((record, n) => [
      first + n,
      record.id,
      record.ordinal,
      leaves[n]?.entry,
      leaves[n]?.rowSalt,
      record.client,
      record.is_disclosure,
      record.recorded_at.toISOString(),
    ]),
  );
  // A message that waited and then went out is kept as what went out.
  const wentOut = records.filter((record) => record.is_disclosure && record.ordinal > 0).map(({ id }) => id);
  if (wentOut.length > 0)
    await db.query('update leaf set is_disclosure = true where id = any($1::uuid[]) and not is_disclosure', [wentOut]);
}

async function appendTiles(db: PoolClient, hashes: readonly TileHash[]): Promise<void> {
  const tiles = new Map<string, { level: number; n: number; hashes: Buffer[] }>();
  for (const { level, place, hash } of hashes) {
    const n = Math.floor(place / tileWidth);
    const tile = tiles.get(`${level}/${n}`) ?? { level, n, hashes: [] };
    tile.hashes.push(hash);
    tiles.set(`${level}/${n}`, tile);
  }
  for (const tile of tiles.values())
    await db.query(
      `insert into tile (level, n, hashes) values ($1, $2, $3) on conflict (level, n) do update set hashes = tile.hashes || excluded.hashes`,
      [tile.level, tile.n, Buffer.concat(tile.hashes)],
    );
}
