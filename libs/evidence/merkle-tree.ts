import { hash } from 'node:crypto';

/*
 * The Merkle tree of RFC 6962, section 2.1, with SHA-256. A leaf's hash begins with 0x00 and a node's with 0x01, so that neither passes
 * for the other. Trees are given by the hashes of their leaves, in order.
 */

const leafPrefix = Buffer.of(0x00);
const nodePrefix = Buffer.of(0x01);

/** Of an entry's bytes, or of its text, which stands for its bytes in UTF-8. */
export const leafHash = (entry: Uint8Array | string): Buffer =>
  hash(
    'sha256',
    typeof entry === 'string' ? `\0${entry}` : Buffer.concat([leafPrefix, entry]),
    'buffer',
  );

export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([nodePrefix, left, right]), 'buffer');

/** Leaves from `start` up to, not with, `end`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The largest power of two below n (n ≥ 2): where RFC 6962 parts n leaves. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The root of these leaves; of none, SHA-256 of nothing. */
export function rootOf(
  leaves: readonly Uint8Array[],
  range: LeafRange = { start: 0, end: leaves.length },
): Buffer {
  const size = range.end - range.start;
  if (size === 0) return hash('sha256', '', 'buffer');
  if (size === 1) return Buffer.from(leaves[range.start] ?? leafPrefix);
  const middle = range.start + splitOf(size);
  return nodeHash(
    rootOf(leaves, { start: range.start, end: middle }),
    rootOf(leaves, { start: middle, end: range.end }),
  );
}

/** The root of parts that lie side by side, larger perfect subtrees first, as RFC 6962 joins them. At least one. */
export function joinParts(parts: readonly Buffer[]): Buffer {
  return parts.reduceRight((right, left) => nodeHash(left, right));
}

/** The subtrees whose roots prove that leaf `index` is in the tree of `size` leaves (section 2.1.1), lowest first. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (index < 0 || index >= size) throw new RangeError('the leaf is not in the tree');
  const path = (start: number, end: number): LeafRange[] => {
    if (end - start === 1) return [];
    const middle = start + splitOf(end - start);
    return index < middle
      ? [...path(start, middle), { start: middle, end }]
      : [...path(middle, end), { start, end: middle }];
  };
  return path(0, size);
}

/** The subtrees whose roots prove that the tree of `oldSize` leaves is the beginning of that of `size` (section 2.1.2). */
function consistencyRanges(oldSize: number, size: number): LeafRange[] {
  if (oldSize < 0 || oldSize > size) throw new RangeError('the older tree is not smaller');
  if (oldSize === 0 || oldSize === size) return [];
  const subproof = (start: number, end: number, isWhole: boolean): LeafRange[] => {
    if (end === oldSize) return isWhole ? [] : [{ start, end }];
    const middle = start + splitOf(end - start);
    return oldSize <= middle
      ? [...subproof(start, middle, isWhole), { start: middle, end }]
      : [...subproof(middle, end, false), { start, end: middle }];
  };
  return subproof(0, size, true);
}

export const inclusionProof = (leaves: readonly Uint8Array[], index: number): Buffer[] =>
  inclusionRanges(index, leaves.length).map((range) => rootOf(leaves, range));

export const consistencyProof = (leaves: readonly Uint8Array[], oldSize: number): Buffer[] =>
  consistencyRanges(oldSize, leaves.length).map((range) => rootOf(leaves, range));

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Total: whatever it is given, true only for a proof of exactly this leaf at this place (RFC 9162, section 2.1.3.2). */
export function isIncluded({ index, size, leaf, proof, root }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let [place, last] = [index, size - 1];
  let node: Buffer = Buffer.from(leaf);
  for (const part of proof) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      node = nodeHash(part, node);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      node = nodeHash(node, part);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  return last === 0 && node.equals(root);
}

export interface Consistency {
  readonly oldSize: number;
  readonly size: number;
  readonly oldRoot: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Total: true only if the older tree is the beginning of the newer one (RFC 9162, section 2.1.4.2). The empty tree begins every tree. */
export function isConsistent({ oldSize, size, oldRoot, root, proof }: Consistency): boolean {
  if (!isCount(oldSize) || !isCount(size) || oldSize > size) return false;
  if (oldSize === 0) return proof.length === 0 && rootOf([]).equals(oldRoot);
  if (oldSize === size) return proof.length === 0 && Buffer.from(oldRoot).equals(root);
  let [place, last] = [oldSize - 1, size - 1];
  while (place % 2 === 1) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  const [first, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [older, newer]: [Buffer, Buffer] = [Buffer.from(first), Buffer.from(first)];
  for (const part of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      older = nodeHash(part, older);
      newer = nodeHash(part, newer);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      newer = nodeHash(newer, part);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  return last === 0 && older.equals(oldRoot) && newer.equals(root);
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const isPowerOfTwo = (n: number): boolean => Number.isInteger(Math.log2(n));
