import type { Pool } from 'pg';
import type { z } from 'zod';
import type { askEvidenceEntries, askEvidenceTiles, askProof } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { isUntoldStop } from '#libs/contracts/verdict.js';
import { readCheckpoint } from '#libs/evidence/checkpoint.js';
import { type LeafRange, inclusionRanges, joinParts, rootOf } from '#libs/evidence/merkle-tree.js';
import { type NoteSigner, verifierKeyOf } from '#libs/evidence/note-keys.js';
import { openNote } from '#libs/evidence/signed-note.js';
import { tilePartsOf } from '#libs/evidence/tile-parts.js';
import { hashBytes, decodeTile, tileWidth } from '#libs/evidence/tiles.js';

/** A page stays well below the 256 KiB that the broker carries: quotes are escaped once more on the way. */
const pageBytes = 128 * 1024;
const pageEntries = tileWidth;
const pageTiles = 12;

const entriesSql =
  'select r.entry from leaf l join record r on r.seq = l.record where l.idx >= $1 and l.idx < $2 order by l.idx limit $3';

interface EntryRow {
  readonly entry: string;
}

/** The tree over the decisions, as it is stored: for the operator, who exports it, and for the sender of a message, who wants a proof. */
export class EvidenceBook {
  constructor(
    private readonly pool: Pool,
    private readonly signer: NoteSigner,
  ) {}

  async checkpoint(): Promise<Record<string, unknown>> {
    return { checkpoint: await this.newest(), verifierKey: verifierKeyOf(this.signer) };
  }

  /** As many as fit, at least one where there is one. */
  async entries({
    from,
    upTo,
  }: z.output<typeof askEvidenceEntries>): Promise<Record<string, unknown>> {
    const { rows } = await this.pool.query<EntryRow>(entriesSql, [from, upTo, pageEntries]);
    let bytes = 0;
    const fitting = rows.filter(
      ({ entry }, n) => (bytes += Buffer.byteLength(entry)) <= pageBytes || n === 0,
    );
    return { entries: fitting.map(({ entry }) => entry) };
  }

  async tiles({
    level,
    from,
  }: z.output<typeof askEvidenceTiles>): Promise<Record<string, unknown>> {
    const { rows } = await this.pool.query<{ hashes: Buffer }>(
      'select hashes from tile where level = $1 and n >= $2 order by n limit $3',
      [level, from, pageTiles],
    );
    return { tiles: rows.map(({ hashes }) => hashes.toString('base64')) };
  }

  /** @throws MeshError `not-found` for what is not the party's own, or not sealed yet */
  async proof(
    party: string,
    { id, ordinal }: z.output<typeof askProof>,
  ): Promise<Record<string, unknown>> {
    const { rows } = await this.pool.query<
      EntryRow & { idx: number; salt: Buffer | null; reason: string | null }
    >(
      'select l.idx, r.entry, r.salt, r.reason from record r join leaf l on l.record = r.seq where r.id = $1 and r.ordinal = $2 and r.sender = $3',
      [id, ordinal, party],
    );
    const [row] = rows;
    if (row === undefined || isUntoldStop(row.reason ?? undefined))
      throw new MeshError(
        'not-found',
        'no such decision of yours is sealed; what is new is sealed within seconds',
      );
    const checkpoint = await this.newest();
    const note = openNote(checkpoint, this.signer);
    const size = note.ok ? (readCheckpoint(note.text)?.size ?? 0) : 0;
    if (size <= row.idx)
      throw new MeshError('internal', 'the checkpoint does not reach the decision');
    const proof = await Promise.all(
      inclusionRanges(row.idx, size).map((range) => this.rootOf(range)),
    );
    return {
      index: row.idx,
      entry: row.entry,
      proof: proof.map((hash) => hash.toString('base64')),
      checkpoint,
      ...(row.salt === null ? {} : { salt: row.salt.toString('base64') }),
    };
  }

  private async newest(): Promise<string> {
    const { rows } = await this.pool.query<{ checkpoint: string | null }>(
      'select checkpoint from evidence_tree',
    );
    const checkpoint = rows[0]?.checkpoint ?? undefined;
    if (checkpoint === undefined) throw new MeshError('not-found', 'nothing is sealed yet');
    return checkpoint;
  }

  /** The root of a subtree from the few stored hashes it takes. */
  private async rootOf(range: LeafRange): Promise<Buffer> {
    const parts = tilePartsOf(range).map(async ({ level, tile, from, count }) => {
      const { rows } = await this.pool.query<{ part: Buffer }>(
        'select substring(hashes from $3::int for $4::int) as part from tile where level = $1 and n = $2',
        [level, tile, from * hashBytes + 1, count * hashBytes],
      );
      return rootOf(decodeTile(rows[0]?.part ?? Buffer.alloc(0)) ?? []);
    });
    return joinParts(await Promise.all(parts));
  }
}
