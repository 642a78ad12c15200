import { describe, expect, it } from '@jest/globals';
import { GrowingTree } from '#libs/evidence/growing-tree.js';
import {
  consistencyProof,
  inclusionProof,
  inclusionRanges,
  isConsistent,
  isIncluded,
  joinParts,
  leafHash,
  rootOf,
} from '#libs/evidence/merkle-tree.js';
import { tilePartsOf } from '#libs/evidence/tile-parts.js';
import {
  decodeBundle,
  encodeBundle,
  levelsOf,
  tilePath,
  tileWidth,
  tilesOfLevel,
} from '#libs/evidence/tiles.js';

/** Entries and roots of the reference implementations of RFC 6962 (certificate-transparency, `merkle_tree_test`). */
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const vector = entries.map((hex) => leafHash(Buffer.from(hex, 'hex')));
const hex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex'));

const most = 70;
const leaves = Array.from({ length: most }, (_, n) => leafHash(Buffer.from(`entry ${n}`)));
const treeOf = (size: number): Buffer[] => leaves.slice(0, size);

describe('the Merkle tree', () => {
  it('has the roots of the reference vectors of RFC 6962', () => {
    expect(roots.map((_, size) => rootOf(vector.slice(0, size)).toString('hex'))).toEqual(roots);
  });

  it('has the proofs of the reference vectors of RFC 6962', () => {
    expect(hex(consistencyProof(vector.slice(0, 5), 2))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
    expect(hex(inclusionProof(vector, 0))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
  });

  it('proves every leaf of every size to be in it, and at no other place', () => {
    for (let size = 1; size <= most; size += 1) {
      const tree = treeOf(size);
      const root = rootOf(tree);
      for (const [index, leaf] of tree.entries()) {
        const proof = inclusionProof(tree, index);
        expect(isIncluded({ index, size, leaf, proof, root })).toBe(true);
        expect(isIncluded({ index: (index + 1) % size, size, leaf, proof, root })).toBe(size === 1);
        expect(isIncluded({ index, size, leaf: leafHash(leaf), proof, root })).toBe(false);
        expect(isIncluded({ index, size, leaf, proof: [...proof, leaf], root })).toBe(false);
        if (proof.length > 0)
          expect(isIncluded({ index, size, leaf, proof: proof.slice(1), root })).toBe(false);
      }
    }
  });

  it('proves every older size to be its beginning, and no other tree', () => {
    for (let size = 1; size <= most; size += 1) {
      const root = rootOf(treeOf(size));
      for (let oldSize = 0; oldSize <= size; oldSize += 1) {
        const oldRoot = rootOf(treeOf(oldSize));
        const proof = consistencyProof(treeOf(size), oldSize);
        expect(isConsistent({ oldSize, size, oldRoot, root, proof })).toBe(true);
        expect(isConsistent({ oldSize, size, oldRoot: leafHash(oldRoot), root, proof })).toBe(
          false,
        );
        expect(isConsistent({ oldSize, size, oldRoot, root: leafHash(root), proof })).toBe(
          oldSize === 0,
        );
        expect(isConsistent({ oldSize, size, oldRoot, root, proof: [...proof, root] })).toBe(false);
      }
    }
  });

  it('grows to the same root and gives the tiles their hashes', () => {
    const count = 2 * tileWidth + 3;
    const many = Array.from({ length: count }, (_, n) => leafHash(Buffer.from(String(n))));
    let tree = new GrowingTree();
    const upper: Buffer[] = [];
    for (const [n, leaf] of many.entries()) {
      const complete = tree.add(leaf);
      expect(complete[0]).toEqual({ level: 0, place: n, hash: leaf });
      for (const { level, place, hash } of complete.slice(1)) {
        expect([level, place]).toEqual([1, upper.length]);
        upper.push(hash);
      }
      tree = new GrowingTree(tree.size, tree.rightEdge); // as it comes back from the store
      if (n % 37 === 0 || n === count - 1) expect(tree.root).toEqual(rootOf(many.slice(0, n + 1)));
    }
    expect(upper).toEqual(
      [0, 1].map((n) => rootOf(many.slice(n * tileWidth, (n + 1) * tileWidth))),
    );
  });

  it('makes each part of a proof from a few hashes of tiles', () => {
    const size = 3 * tileWidth + 77;
    const many = Array.from({ length: size }, (_, n) => leafHash(Buffer.from(String(n))));
    const level1 = [0, 1, 2].map((n) => rootOf(many.slice(n * tileWidth, (n + 1) * tileWidth)));
    for (const index of [0, 255, 256, 700, size - 1])
      for (const range of inclusionRanges(index, size)) {
        const parts = tilePartsOf(range).map(({ level, tile, from, count }) => {
          const start = tile * tileWidth + from;
          return rootOf((level === 0 ? many : level1).slice(start, start + count));
        });
        expect(joinParts(parts)).toEqual(rootOf(many, range));
      }
  });
});

describe('tiles', () => {
  it('lie where C2SP tlog-tiles has them', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 5, width: 8 })).toBe('tile/entries/005.p/8');
    expect(tilePath({ level: 1, index: 1_000, width: 256 })).toBe('tile/1/x001/000');
  });

  it('are those of the example of C2SP tlog-tiles for 70,000 entries, and of a tree of 256', () => {
    const widths = (level: number | 'entries', size: number): (number | undefined)[] => {
      const tiles = tilesOfLevel(level, size);
      return [
        tiles.filter(({ width }) => width === 256).length,
        tiles.find(({ width }) => width < 256)?.width,
      ];
    };
    expect(['entries' as const, 0, 1, 2].map((level) => widths(level, 70_000))).toEqual([
      [273, 112],
      [273, 112],
      [1, 17],
      [0, 1],
    ]);
    expect([0, 1].map((level) => widths(level, 256))).toEqual([
      [1, undefined],
      [0, 1],
    ]);
    expect([0, 1, 255, 256, 65_535, 65_536, 70_000].map(levelsOf)).toEqual([0, 1, 1, 2, 2, 3, 3]);
  });

  it('hold entries after their lengths, and are known when cut off', () => {
    const bundle = encodeBundle([Buffer.from('a'), Buffer.alloc(300, 'b'), Buffer.alloc(0)]);
    expect(bundle.subarray(0, 5).toString('hex')).toBe('000161012c');
    expect(decodeBundle(bundle)?.map(({ length }) => length)).toEqual([1, 300, 0]);
    expect(decodeBundle(bundle.subarray(0, -1))).toBeUndefined();
    expect(decodeBundle(bundle.subarray(0, 200))).toBeUndefined();
    expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow(RangeError);
  });
});
