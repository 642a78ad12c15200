import { readLength } from './walk-packets.js';

/** A key packet as it names itself, read without the library: that knows neither version 5 nor the post-quantum algorithms. */
export interface KeyPacketHead {
  readonly kind: 'primary' | 'subkey' | 'secret';
  readonly version: number;
  /** RFC 9580 §9.1, or what another standard made of the number. */
  readonly algorithm: number;
}

/** RFC 9580 §5. */
const kinds = new Map<number, KeyPacketHead['kind']>([
  [5, 'secret'],
  [6, 'primary'],
  [7, 'secret'],
  [14, 'subkey'],
]);
/** The body's first bytes: version, four of the date, algorithm. Before version 4, two more for the validity in days. */
const algorithmAt = (version: number): number => (version < 4 ? 7 : 5);

/** The key packets among binary OpenPGP packets of either format (RFC 9580 §4.2), as far as they can be read. */
export function keyPackets(bytes: Uint8Array): readonly KeyPacketHead[] {
  const found: KeyPacketHead[] = [];
  let at = 0;
  while (at < bytes.length) {
    const header = readHeader(bytes, at);
    if (header === undefined) break;
    const kind = kinds.get(header.tag);
    const version = bytes[header.bodyAt] ?? 0;
    const algorithm = bytes[header.bodyAt + algorithmAt(version)] ?? 0;
    if (kind !== undefined) found.push({ kind, version, algorithm });
    at = header.bodyAt + header.size;
  }
  return found;
}

function readHeader(
  bytes: Uint8Array,
  at: number,
): { readonly tag: number; readonly size: number; readonly bodyAt: number } | undefined {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  if ((first & 0x40) !== 0) {
    const length = readLength(bytes, at + 1);
    return length && { tag: first & 0x3f, ...length };
  }
  // The old format gives the size of the length; size 3 is for data that never comes in a key.
  const lengthType = first & 3;
  if (lengthType === 3) return undefined;
  const bodyAt = at + 1 + 2 ** lengthType;
  const size = bytes.subarray(at + 1, bodyAt).reduce((sum, byte) => sum * 256 + byte, 0);
  return { tag: (first >> 2) & 0xf, size, bodyAt };
}
