const kibibyte = 1024;

/**
 * What a mail's clear text may measure, in bytes, before it is sealed. Above the last, whole multiples of it. With the mesh's key attached
 * every notice lies between 2 and 6 KiB: a step at 4 KiB would tell which of them bring a calendar entry.
 */
const steps = [8, 16].map((n) => n * kibibyte);
const largestStep = 16 * kibibyte;

/** The size, in bytes, that content of `size` bytes is padded to, so that its length says next to nothing about it. */
export function paddedSize(size: number): number {
  return steps.find((step) => size <= step) ?? Math.ceil(size / largestStep) * largestStep;
}

/**
 * Fills a MIME entity up to its step. The filling goes after the closing boundary, where RFC 2046 §5.1.1 has every reader ignore
 * it ("epilogue"): blank lines of at most 76 characters, so that nothing shows and no line is too long.
 */
export function padEntity(entity: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedSize(entity.length)).fill(0x20);
  padded.set(entity);
  const lineLength = 76;
  for (let at = entity.length + lineLength; at + 2 <= padded.length; at += lineLength + 2)
    padded.set([0x0d, 0x0a], at);
  return padded;
}
