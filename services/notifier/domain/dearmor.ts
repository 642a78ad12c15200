const head = '-----BEGIN PGP MESSAGE-----';
const tail = '-----END PGP MESSAGE-----';

/**
 * The bytes inside an ASCII-armored OpenPGP message (RFC 9580 §6), given without line ends. Undefined unless the armor is whole and
 * alone: no armor header, no text before, after or between, canonical base64, and a right checksum. RFC 9580 lets the checksum go; without
 * it GnuPG 2.2 cannot read a message whose base64 has no padding.
 */
export function dearmor(lines: readonly string[]): Uint8Array | undefined {
  if (lines[0] !== head || lines[1] !== '' || lines.at(-1) !== tail) return undefined;
  const content = lines.slice(2, -1);
  const last = content.at(-1);
  if (last?.startsWith('=') !== true) return undefined;
  const body = content.slice(0, -1);
  if (body.length === 0 || !body.every((line) => line.length > 0 && line.length <= 76))
    return undefined;
  const bytes = decodeBase64(body.join(''));
  if (bytes === undefined) return undefined;
  return sameBytes(decodeBase64(last.slice(1)), crc24(bytes)) ? bytes : undefined;
}

/** RFC 4648 §4 with its padding and nothing else; atob alone would also take spaces and missing padding. */
function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** RFC 9580 §6.1: generator 0x864CFB, initial value 0xB704CE, most significant byte first. */
function crc24(bytes: Uint8Array): Uint8Array {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1)
      crc = crc & 0x800000 ? ((crc << 1) ^ 0x864cfb) & 0xffffff : (crc << 1) & 0xffffff;
  }
  return Uint8Array.of(crc >> 16, (crc >> 8) & 0xff, crc & 0xff);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
