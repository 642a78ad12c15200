/**
 * The text of a file as programs write it: `gpg --export > file` in Windows PowerShell 5 makes UTF-16 with a mark in front, Notepad UTF-8
 * with one. Without a mark it is UTF-8.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe
      ? 'utf-16le'
      : first === 0xfe && second === 0xff
        ? 'utf-16be'
        : 'utf-8';
  // The decoder leaves the mark out.
  return new TextDecoder(encoding).decode(bytes);
}
