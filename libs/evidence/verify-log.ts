import { type Checkpoint, readCheckpoint } from './checkpoint.js';
import { type EvidenceEntry, readEntry } from './evidence-entry.js';
import { leafHash, rootOf } from './merkle-tree.js';
import type { NoteVerifier } from './note-keys.js';
import { openNote } from './signed-note.js';
import {
  type Tile,
  decodeBundle,
  decodeTile,
  levelsOf,
  tilePath,
  tileWidth,
  tilesOfLevel,
} from './tiles.js';

/** A log as files under the paths of C2SP tlog-tiles. */
export interface LogFiles {
  /** @returns undefined where there is no such file */
  read(path: string): Uint8Array | undefined;
}

export type LogCheck =
  | { readonly ok: true; readonly checkpoint: Checkpoint; readonly messages: number }
  /** One line: what is wrong, and where. */
  | { readonly ok: false; readonly problem: string };

/** What is wrong with a log; caught where the check begins, never seen outside. */
class Wrong extends Error {}

const fail = (problem: string): never => {
  throw new Wrong(problem);
};

/**
 * Checks a whole log with nothing but the key it was signed with: the signature; that the tree made anew from the entries is the one signed,
 * and the tiles are those of that tree; that no entry is missing or malformed; that each decision is there once, the records of a message
 * numbered from 0 without a gap, and each consent that let something through recorded before it; and, where an older copy is given, that
 * this log is that one continued.
 */
export function verifyLog(files: LogFiles, verifier: NoteVerifier, older?: LogFiles): LogCheck {
  try {
    const checkpoint = openCheckpoint(files, verifier, 'checkpoint');
    const leaves: Buffer[] = [];
    const decisions = new Decisions();
    for (const tile of tilesOfLevel('entries', checkpoint.size))
      for (const entry of readBundle(files, tile)) {
        decisions.add(
          readEntry(entry) ?? fail(`entry ${leaves.length} is not a decision in canonical form`),
          leaves.length,
        );
        leaves.push(leafHash(entry));
      }
    checkTiles(files, leaves);
    if (!rootOf(leaves).equals(checkpoint.root))
      fail('the entries are not those of the tree that was signed');
    if (older !== undefined)
      checkContinues(openCheckpoint(older, verifier, 'the older checkpoint'), checkpoint, leaves);
    return { ok: true, checkpoint, messages: decisions.messages };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, problem: error.message };
    throw error;
  }
}

function openCheckpoint(files: LogFiles, verifier: NoteVerifier, name: string): Checkpoint {
  const bytes = files.read('checkpoint') ?? fail(`${name} is missing`);
  const note = openNote(new TextDecoder().decode(bytes), verifier);
  const text = note.ok ? note.text : fail(`${name} is not to be trusted: ${note.why}`);
  const checkpoint = readCheckpoint(text) ?? fail(`${name} is malformed`);
  if (checkpoint.origin !== verifier.name) fail(`${name} is of another log, ${checkpoint.origin}`);
  return checkpoint;
}

function readTile<T>(
  files: LogFiles,
  tile: Tile,
  decode: (bytes: Uint8Array) => T[] | undefined,
): T[] {
  const path = tilePath(tile);
  const bytes = files.read(path) ?? fail(`${path} is missing`);
  const items = decode(bytes) ?? fail(`${path} is malformed`);
  return items.length === tile.width
    ? items
    : fail(`${path} has ${items.length} of ${tile.width} items`);
}

const readBundle = (files: LogFiles, tile: Tile): Buffer[] => readTile(files, tile, decodeBundle);

/** Level 0 holds the leaves' hashes, each level above the root of each full tile below. */
function checkTiles(files: LogFiles, leaves: readonly Buffer[]): void {
  let hashes = leaves;
  for (let level = 0; level < levelsOf(leaves.length); level += 1) {
    const above: Buffer[] = [];
    for (const { index, width, ...rest } of tilesOfLevel(level, leaves.length)) {
      const own = hashes.slice(index * tileWidth, index * tileWidth + width);
      const path = tilePath({ ...rest, index, width });
      const stored = readTile(files, { ...rest, index, width }, decodeTile);
      const wrong = own.findIndex((hash, n) => stored[n]?.equals(hash) !== true);
      if (wrong >= 0) fail(`${path}: hash ${wrong} is not that of what lies below it`);
      if (width === tileWidth) above.push(rootOf(own));
    }
    hashes = above;
  }
}

function checkContinues(older: Checkpoint, newer: Checkpoint, leaves: readonly Buffer[]): void {
  if (older.size > newer.size)
    fail(`the log was cut: it had ${older.size} entries and has ${newer.size}`);
  if (!rootOf(leaves, { start: 0, end: older.size }).equals(older.root))
    fail(
      `the log was forked: its first ${older.size} entries are not those of the older checkpoint`,
    );
}

/** One leaf a decision: by message, how many there were so far. */
class Decisions {
  private readonly next = new Map<string, number>();

  get messages(): number {
    return this.next.size;
  }

  add({ id, ordinal, consents, verdict }: EvidenceEntry, index: number): void {
    const expected = this.next.get(id) ?? 0;
    if (ordinal < expected) fail(`entry ${index} repeats decision ${ordinal} of message ${id}`);
    if (ordinal > expected)
      fail(`entry ${index}: decision ${expected} of message ${id} is missing before ${ordinal}`);
    this.next.set(id, expected + 1);
    const unknown = consents.find((consent) => !this.next.has(consent));
    if (unknown !== undefined)
      fail(
        `entry ${index} was ${verdict} under consent ${unknown}, which is not recorded before it`,
      );
  }
}
