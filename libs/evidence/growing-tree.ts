import { joinParts, nodeHash, rootOf } from './merkle-tree.js';
import { tileHeight, tileWidth } from './tiles.js';

/** The hash of a complete subtree that begins a tile's level: of one leaf at level 0, of 256 at level 1, and so on. */
export interface TileHash {
  readonly level: number;
  /** Its place within the level. */
  readonly place: number;
  readonly hash: Buffer;
}

/**
 * A tree that only grows. It keeps its right edge, the roots of its perfect subtrees, larger ones first (as many as the size has 1 bits):
 * all that is needed to add a leaf and to tell the root.
 */
export class GrowingTree {
  private readonly edge: Buffer[];

  constructor(
    private count = 0,
    edge: readonly Buffer[] = [],
  ) {
    const bits = count.toString(2).replaceAll('0', '').length;
    if (edge.length !== bits) throw new RangeError('the edge is not that of a tree of this size');
    this.edge = [...edge];
  }

  get size(): number {
    return this.count;
  }

  get root(): Buffer {
    return this.edge.length === 0 ? rootOf([]) : joinParts(this.edge);
  }

  /** For the store. */
  get rightEdge(): readonly Buffer[] {
    return this.edge;
  }

  /** Adds a leaf. @returns the hashes that tiles get by it, lowest level first. */
  add(leaf: Buffer): TileHash[] {
    const complete: TileHash[] = [{ level: 0, place: this.count, hash: leaf }];
    let hash = leaf;
    let height = 0;
    for (let rest = this.count; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.edge.pop() ?? Buffer.alloc(0), hash);
      height += 1;
      const level = height / tileHeight;
      if (Number.isInteger(level))
        complete.push({ level, place: Math.floor(this.count / tileWidth ** level), hash });
    }
    this.edge.push(hash);
    this.count += 1;
    return complete;
  }
}
