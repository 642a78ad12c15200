import type { LeafRange } from './merkle-tree.js';
import { tileHeight, tileWidth } from './tiles.js';

/** Neighbouring hashes of one tile, whose root is that of a perfect subtree. */
export interface TilePart {
  readonly level: number;
  readonly tile: number;
  /** The first hash within the tile. */
  readonly from: number;
  readonly count: number;
}

/**
 * The hashes of tiles from which the root of a subtree of RFC 6962 is made: its perfect subtrees from left to right, each the root of a part of
 * a tile; their roots are joined with `joinParts`. The range begins where such a subtree may (a multiple of its largest part).
 */
export function tilePartsOf({ start, end }: LeafRange): TilePart[] {
  const parts: TilePart[] = [];
  for (let at = start; at < end;) {
    let height = 0;
    while (2 ** (height + 1) <= end - at && at % 2 ** (height + 1) === 0) height += 1;
    const level = Math.floor(height / tileHeight);
    const place = at / tileWidth ** level;
    parts.push({
      level,
      tile: Math.floor(place / tileWidth),
      from: place % tileWidth,
      count: 2 ** (height % tileHeight),
    });
    at += 2 ** height;
  }
  return parts;
}
