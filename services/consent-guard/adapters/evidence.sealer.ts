import type { Pool, PoolClient } from 'pg';
import { formatCheckpoint } from '#libs/evidence/checkpoint.js';
import { GrowingTree, type TileHash } from '#libs/evidence/growing-tree.js';
import { leafHash } from '#libs/evidence/merkle-tree.js';
import type { NoteSigner } from '#libs/evidence/note-keys.js';
import { signNote } from '#libs/evidence/signed-note.js';
import { decodeTile, tileWidth } from '#libs/evidence/tiles.js';
import { type CopyValue, copyRows } from '#libs/postgres/copy-rows.js';
import { type CopiedRow, readCopied } from '#libs/postgres/read-copied.js';
import { SealHorizon } from './seal-horizon.js';

/** How often new records are looked for, in real time; what was committed is sealed within 5 s while the sealer keeps up. */
const sealMs = 2_000;
/** Records sealed in one transaction, at most. */
const atOnce = 1_024;

/** One at a time changes the tree, whichever instance it belongs to; the lock ends with its transaction, also when its holder is killed. */
export const evidenceLockSql = (isPatient: boolean): string =>
  `select pg_${isPatient ? '' : 'try_'}advisory_xact_lock(hashtextextended('throughcare:evidence', 0)) as got`;

/** `offset 0` keeps the planner from reading both tables whole to answer for a thousand rows: each row is looked up in its index. */
const unsealedSql = `select seq, entry from record r where seq > $1
  and not exists (select 1 from leaf where record = r.seq offset 0) order by seq limit $2`;

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
    const { rows } = await db.query<TreeRow>(
      'select size, edge, sealed_through from evidence_tree',
    );
    const [row] = rows;
    if (row === undefined) throw new RangeError('the tree has no row');
    const settled = await this.horizon.settledThrough(db);
    const records = await readCopied(db, unsealedSql, [row.sealed_through, atOnce]);
    const seqs = records.map(seqOf);
    const through = Math.max(
      this.runFrom(row.sealed_through, new Set(seqs)),
      Math.min(settled, records.length < atOnce ? Infinity : (seqs.at(-1) ?? 0)),
    );
    if (records.length > 0)
      await this.append(db, new GrowingTree(row.size, decodeTile(row.edge)), records);
    if (through > row.sealed_through)
      await db.query('update evidence_tree set sealed_through = $1', [through]);
    return seqs;
  }

  /** The end of the run of sealed records that begins after `through`. */
  private runFrom(through: number, sealedNow: ReadonlySet<number>): number {
    for (const seq of this.sealedAbove) if (seq <= through) this.sealedAbove.delete(seq);
    let end = through;
    while (sealedNow.has(end + 1) || this.sealedAbove.has(end + 1)) end += 1;
    return end;
  }

  private async append(
    db: PoolClient,
    tree: GrowingTree,
    records: readonly CopiedRow[],
  ): Promise<void> {
    const leaves: CopyValue[][] = [];
    const tiles = new NewTiles();
    for (const [seq, entry] of records) {
      if (seq == null || entry == null)
        throw new RangeError('a record without an entry cannot be sealed');
      leaves.push([tree.size, seq]);
      for (const hash of tree.add(leafHash(entry))) tiles.add(hash);
    }
    await copyRows(db, { table: 'leaf', columns: ['idx', 'record'] }, leaves);
    await tiles.write(db);
    const { name: origin } = this.parts.signer;
    const checkpoint = signNote(
      formatCheckpoint({ origin, size: tree.size, root: tree.root }),
      this.parts.signer,
    );
    await db.query('update evidence_tree set size = $1, edge = $2, checkpoint = $3', [
      tree.size,
      Buffer.concat(tree.rightEdge),
      checkpoint,
    ]);
  }
}

const seqOf = ([seq]: CopiedRow): number => Number(seq);

/** What tiles get at their ends. */
class NewTiles {
  private readonly tiles = new Map<
    string,
    { readonly level: number; readonly n: number; readonly hashes: Buffer[] }
  >();

  add({ level, place, hash }: TileHash): void {
    const n = Math.floor(place / tileWidth);
    const key = `${level}/${n}`;
    const tile = this.tiles.get(key);
    if (tile === undefined) this.tiles.set(key, { level, n, hashes: [hash] });
    else tile.hashes.push(hash);
  }

  async write(db: PoolClient): Promise<void> {
    for (const { level, n, hashes } of this.tiles.values())
      await db.query(
        `insert into tile (level, n, hashes) values ($1, $2, $3) on conflict (level, n) do update set hashes = tile.hashes || excluded.hashes`,
        [level, n, Buffer.concat(hashes)],
      );
  }
}
