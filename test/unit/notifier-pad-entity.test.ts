import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { padEntity, paddedSize } from '#services/notifier/domain/pad-entity.js';

describe('padding', () => {
  it('knows the steps 8, 16 KiB and whole multiples of 16 beyond', () => {
    expect(
      [0, 1, 4096, 4097, 8192, 8193, 16_384, 16_385, 40_000].map((size) => paddedSize(size) / 1024),
    ).toEqual([8, 8, 8, 8, 8, 16, 16, 32, 48]);
  });

  it('keeps every byte of the content and adds only blank lines of at most 76 characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (content) => {
        const padded = padEntity(content);
        expect(padded.length).toBe(paddedSize(content.length));
        expect(Buffer.from(padded.subarray(0, content.length)).equals(Buffer.from(content))).toBe(
          true,
        );
        const filling = Buffer.from(padded.subarray(content.length)).toString('latin1');
        expect(filling.split('\r\n').every((line) => /^ {0,77}$/.test(line))).toBe(true);
      }),
    );
  });
});
