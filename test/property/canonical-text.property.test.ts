import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { canonicalText } from '#libs/digest/message-digest.js';

const library = createRequire(import.meta.url)('canonicalize') as (
  value: unknown,
) => string | undefined;
/** Field names that an object does not keep in order, or takes for something else, are among them. */
const key = fc.oneof(
  fc.string(),
  fc.constantFrom('10', '9', '1a', '__proto__', 'toJSON', 'é', '\u{1F642}', '\ufb33', 'a', 'A', ''),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.jsonValue(),
    fc.array(tie('value')),
    fc.dictionary(key, tie('value')),
  ),
}));

describe('the canonical text', () => {
  it('is that of the library of RFC 8785, whatever the message', () => {
    fc.assert(
      fc.property(value, (message) => {
        const parsed: unknown = JSON.parse(JSON.stringify(message));
        expect(canonicalText(parsed)).toBe(library(parsed));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves out what is undefined, and refuses what no JSON has', () => {
    expect(canonicalText({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}');
    for (const stray of [Number.NaN, Number.POSITIVE_INFINITY, { a: [Number.NaN] }])
      expect(() => canonicalText(stray)).toThrow(
        expect.objectContaining({ code: 'malformed-message' }),
      );
  });
});
