/*
 * The layout of a tiled log, C2SP tlog-tiles: `tile/<level>/<index>` and `tile/entries/<index>`, `.p/<width>` after it where it is not full.
 */

export const tileHeight = 8;
/** Hashes of a full tile, entries of a full bundle. */
export const tileWidth = 2 ** tileHeight;
export const hashBytes = 32;

export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 … 256 */
  readonly width: number;
}

/** 1234067 → `x001/x234/067` */
function indexPath(index: number): string {
  const groups = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  return groups.join('/');
}

export const tilePath = ({ level, index, width }: Tile): string =>
  `tile/${level}/${indexPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;

/** The tiles of one level in a tree of `size` leaves, in order. */
export function tilesOfLevel(level: number | 'entries', size: number): Tile[] {
  const hashes = Math.floor(size / tileWidth ** (level === 'entries' ? 0 : level));
  return Array.from({ length: Math.ceil(hashes / tileWidth) }, (_, index) => ({
    level,
    index,
    width: Math.min(tileWidth, hashes - index * tileWidth),
  }));
}

/** How many levels of tiles a tree of `size` leaves has: a level per 8 bits of its size. */
export const levelsOf = (size: number): number =>
  size === 0 ? 0 : Math.ceil(size.toString(2).length / tileHeight);

/** Entries one after the other, each after its length in two bytes. @throws RangeError for an entry of 64 KiB or more */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > 0xff_ff) throw new RangeError('an entry has less than 64 KiB');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** @returns undefined where the bytes are no bundle: cut off in an entry. */
export function decodeBundle(bytes: Uint8Array): Buffer[] | undefined {
  const bundle = Buffer.from(bytes);
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length;) {
    if (at + 2 > bundle.length) return undefined;
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** @returns undefined where the bytes are not whole hashes. */
export function decodeTile(bytes: Uint8Array): Buffer[] | undefined {
  if (bytes.length % hashBytes !== 0) return undefined;
  const tile = Buffer.from(bytes);
  return Array.from({ length: tile.length / hashBytes }, (_, n) =>
    tile.subarray(n * hashBytes, (n + 1) * hashBytes),
  );
}
