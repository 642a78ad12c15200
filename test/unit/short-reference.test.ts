import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readShortReference, shortReference } from '#libs/contracts/short-reference.js';

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const reference = fc.uint8Array({ minLength: 7, maxLength: 7 }).map(shortReference);

describe('a short reference', () => {
  it('is eight characters that nobody mishears, and reads as it was written', () => {
    fc.assert(
      fc.property(reference, (text) => {
        expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
        expect(readShortReference(text)).toBe(text);
      }),
    );
  });

  it('is read as a person types it', () => {
    const text = shortReference(Uint8Array.of(0, 1, 2, 10, 20, 30, 31));
    expect(text).toMatch(/^012A/);
    const typed = ` ${text.slice(0, 4).toLowerCase().replace('0', 'o').replace('1', 'l')}-${text.slice(4)} `;
    expect(readShortReference(typed)).toBe(text);
  });

  it('with one wrong character is none', () => {
    fc.assert(
      fc.property(reference, fc.nat(7), fc.constantFrom(...letters), (text, at, letter) => {
        const wrong = text.slice(0, at) + letter + text.slice(at + 1);
        expect(readShortReference(wrong)).toBe(wrong === text ? text : undefined);
      }),
    );
  });

  it('is none where it is too short, too long, or of other characters', () => {
    for (const text of ['', '0000000', '000000000', 'U0000000', '0000000é'])
      expect(readShortReference(text)).toBeUndefined();
  });
});
