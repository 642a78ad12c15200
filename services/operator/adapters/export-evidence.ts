import {
  evidenceCheckpointReply,
  evidenceEntriesReply,
  evidenceTilesReply,
} from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type Checkpoint, readCheckpoint } from '#libs/evidence/checkpoint.js';
import { readVerifierKey } from '#libs/evidence/note-keys.js';
import { openNote } from '#libs/evidence/signed-note.js';
import {
  type Tile,
  encodeBundle,
  hashBytes,
  levelsOf,
  tilePath,
  tileWidth,
  tilesOfLevel,
} from '#libs/evidence/tiles.js';
import type { MeshDesk } from '../domain/mesh-desk.js';
import type { LogFolder } from './log-folder.js';

/** Writes the log as it stands at the newest checkpoint; the checkpoint last, so that a folder with one is whole. */
export async function exportEvidence(desk: MeshDesk, folder: LogFolder): Promise<Checkpoint> {
  const { checkpoint: note, verifierKey } = evidenceCheckpointReply.parse(
    await desk.ask('evidence-checkpoint', {}),
  );
  const opened = openNote(note, readVerifierKey(verifierKey));
  const checkpoint = opened.ok ? readCheckpoint(opened.text) : undefined;
  if (checkpoint === undefined)
    throw new MeshError('internal', 'the checkpoint is not what a guard signs');
  for (const bundle of tilesOfLevel('entries', checkpoint.size))
    await folder.write(tilePath(bundle), await fetchBundle(desk, bundle));
  for (let level = 0; level < levelsOf(checkpoint.size); level += 1)
    await exportLevel(desk, folder, tilesOfLevel(level, checkpoint.size));
  await folder.write('evidence.pub', `${verifierKey}\n`);
  await folder.write('checkpoint', note);
  return checkpoint;
}

async function fetchBundle(desk: MeshDesk, { index, width }: Tile): Promise<Buffer> {
  const upTo = index * tileWidth + width;
  const entries: Buffer[] = [];
  while (entries.length < width) {
    const page = evidenceEntriesReply.parse(
      await desk.ask('evidence-entries', { from: index * tileWidth + entries.length, upTo }),
    );
    if (page.entries.length === 0)
      throw new MeshError('internal', 'entries of the log are not there');
    entries.push(...page.entries.map((entry) => Buffer.from(entry)));
  }
  return encodeBundle(entries);
}

/** A tile that has grown since the checkpoint is cut to what belongs to it. */
async function exportLevel(
  desk: MeshDesk,
  folder: LogFolder,
  tiles: readonly Tile[],
): Promise<void> {
  for (let at = 0; at < tiles.length;) {
    const page = evidenceTilesReply.parse(
      await desk.ask('evidence-tiles', { level: tiles[at]?.level, from: at }),
    );
    if (page.tiles.length === 0) throw new MeshError('internal', 'tiles of the log are not there');
    for (const text of page.tiles) {
      const tile = tiles[at];
      if (tile === undefined) return;
      await folder.write(
        tilePath(tile),
        Buffer.from(text, 'base64').subarray(0, tile.width * hashBytes),
      );
      at += 1;
    }
  }
}
