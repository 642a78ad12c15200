/** Crockford's base 32: no I, L, O or U, which the ear and the eye take for others. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const base = letters.length;
const bodyLength = 7;

/** Random bytes that one reference takes. 32^7 references: two of 300,000 cases may draw the same one, and the database refuses the second. */
export const shortReferenceBytes = bodyLength;

/**
 * A short reference of a case, for the telephone: seven random characters and one that checks them (Luhn modulo 32), so that a slip of the
 * ear or of the finger is found. It says nothing of the case, and resolves only for who has it.
 *
 * @param random `shortReferenceBytes` bytes from a cryptographic source
 */
export function shortReference(random: Uint8Array): string {
  const body = Array.from(random.subarray(0, bodyLength), (byte) => byte % base);
  return [...body, checkOf(body)].map((code) => letters[code]).join('');
}

/** As a person types it, with spaces or hyphens, O for 0, I or L for 1 → as it is kept; undefined where the check character does not fit. */
export function readShortReference(text: string): string | undefined {
  const plain = text
    .toUpperCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  const codes = [...plain].map((letter) => letters.indexOf(letter));
  const isSound =
    codes.length === bodyLength + 1 &&
    !codes.includes(-1) &&
    checkOf(codes.slice(0, bodyLength)) === codes[bodyLength];
  return isSound ? plain : undefined;
}

/** From the right each second value is doubled, and the two digits of what comes of it added: every single slip changes the sum. */
function checkOf(body: readonly number[]): number {
  let sum = 0;
  for (const [index, code] of body.toReversed().entries()) {
    const value = index % 2 === 0 ? 2 * code : code;
    sum += Math.floor(value / base) + (value % base);
  }
  return (base - (sum % base)) % base;
}
