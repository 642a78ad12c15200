/** One OpenPGP packet: its tag (RFC 9580 §5) and its body. */
export interface PacketSlice {
  readonly tag: number;
  readonly body: Uint8Array;
}

/**
 * Cuts a binary OpenPGP message into its packets, strictly: new-format headers with whole lengths only (RFC 9580 §4.2.1), nothing
 * left over. Undefined where the bytes are anything else; old formats and partial lengths are never what the mesh itself writes.
 */
export function walkPackets(bytes: Uint8Array): readonly PacketSlice[] | undefined {
  const packets: PacketSlice[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    if ((first & 0xc0) !== 0xc0) return undefined;
    const length = readLength(bytes, at + 1);
    if (length === undefined || length.bodyAt + length.size > bytes.length) return undefined;
    packets.push({
      tag: first & 0x3f,
      body: bytes.subarray(length.bodyAt, length.bodyAt + length.size),
    });
    at = length.bodyAt + length.size;
  }
  return packets;
}

export function readLength(
  bytes: Uint8Array,
  at: number,
): { size: number; bodyAt: number } | undefined {
  const [first, second, third, fourth, fifth] = bytes.subarray(at, at + 5);
  if (first === undefined) return undefined;
  if (first < 192) return { size: first, bodyAt: at + 1 };
  if (first < 224)
    return second === undefined
      ? undefined
      : { size: (first - 192) * 256 + second + 192, bodyAt: at + 2 };
  if (
    first !== 255 ||
    second === undefined ||
    third === undefined ||
    fourth === undefined ||
    fifth === undefined
  )
    return undefined;
  return { size: second * 2 ** 24 + third * 2 ** 16 + fourth * 2 ** 8 + fifth, bodyAt: at + 5 };
}
