import { createHash } from 'node:crypto';
import { formatCheckpoint } from '#libs/evidence/checkpoint.js';
import { type EvidenceEntry, entryText } from '#libs/evidence/evidence-entry.js';
import { leafHash, rootOf } from '#libs/evidence/merkle-tree.js';
import type { NoteSigner } from '#libs/evidence/note-keys.js';
import { signNote } from '#libs/evidence/signed-note.js';
import { encodeBundle, levelsOf, tilePath, tileWidth, tilesOfLevel } from '#libs/evidence/tiles.js';
import type { LogFiles } from '#libs/evidence/verify-log.js';

/** A log in memory, to be spoilt. */
export class SealedLog extends Map<string, Buffer> implements LogFiles {
  read(path: string): Uint8Array | undefined {
    return this.get(path);
  }
}

export const uuidAt = (n: number): string =>
  `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;

export function entryAt(n: number, given: Partial<EvidenceEntry> = {}): EvidenceEntry {
  const hash = (what: string): string =>
    createHash('sha256').update(`${what} ${n}`).digest('base64');
  return {
    v: 1,
    id: uuidAt(n),
    ordinal: 0,
    type: 'throughcare.referral.requested.v1',
    sender: 'jcp_wandsworth',
    to: 'tp_river',
    recipient: 'tp_river',
    verdict: 'cleared',
    consents: [],
    recordedAt: '2026-03-02T09:00:00.000Z',
    message: hash('message'),
    client: hash('client'),
    row: hash('row'),
    ...given,
  };
}

/** Lays out and signs a log made anew from its entries, as someone who holds the key would, whether honest or not. */
export function layOut(entries: readonly Buffer[], signer: NoteSigner): SealedLog {
  const log = new SealedLog();
  const leaves = entries.map((entry) => leafHash(entry));
  for (const tile of tilesOfLevel('entries', entries.length))
    log.set(
      tilePath(tile),
      encodeBundle(entries.slice(tile.index * tileWidth, tile.index * tileWidth + tile.width)),
    );
  for (let level = 0; level < levelsOf(leaves.length); level += 1)
    for (const tile of tilesOfLevel(level, leaves.length)) {
      const span = tileWidth ** level;
      const hashes = Array.from({ length: tile.width }, (_, n) => {
        const start = (tile.index * tileWidth + n) * span;
        return rootOf(leaves, { start, end: start + span });
      });
      log.set(tilePath(tile), Buffer.concat(hashes));
    }
  const checkpoint = formatCheckpoint({
    origin: signer.name,
    size: leaves.length,
    root: rootOf(leaves),
  });
  return log.set('checkpoint', Buffer.from(signNote(checkpoint, signer)));
}

export const layOutEntries = (entries: readonly EvidenceEntry[], signer: NoteSigner): SealedLog =>
  layOut(
    entries.map((entry) => Buffer.from(entryText(entry))),
    signer,
  );
