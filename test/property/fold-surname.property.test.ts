import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { foldSurname } from '#services/consent-guard/domain/fold-surname.js';

const between = (first: number, last: number): fc.Arbitrary<string> =>
  fc.integer({ min: first, max: last }).map((code) => String.fromCodePoint(code));
/** Letters, marks and signs of the scripts that names are written in, and any other text. */
const unit = fc.oneof(
  between(0x20, 0x24f),
  between(0x250, 0x36f),
  between(0x370, 0x52f),
  between(0x531, 0x6ff),
  between(0x900, 0xdff),
  between(0x10a0, 0x13ff),
  between(0x1e00, 0x206f),
  between(0x3040, 0x30ff),
  between(0xa640, 0xa7ff),
  fc.constantFrom(...Array.from("łßøæđıʼʻ‘’`´'-ςΣİ\u0345\u0301\u200d")),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const name = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''));
const runs = { numRuns: 1_000 };

/** Consonants, vowels, vowel signs and viramas: each is part of the name, however the script arranges them. */
const indicParts = Array.from({ length: 0xd80 - 0x900 }, (_, index) =>
  String.fromCodePoint(0x900 + index),
).filter((part) => /^[\p{L}\p{M}]$/u.test(part));
const indicLetters = indicParts.filter((part) => /^\p{L}$/u.test(part));
const indicName = fc
  .tuple(
    fc.constantFrom(...indicLetters),
    fc.array(fc.constantFrom(...indicParts), { maxLength: 5 }),
  )
  .map(([first, rest]) => [first, ...rest].join(''));

describe('the folding of surnames', () => {
  it('changes nothing that it has folded', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(foldSurname(foldSurname(text))).toBe(foldSurname(text));
      }),
      runs,
    );
  });

  it('is the same for NFC and NFD, in any case, with hyphens and spaces between letters', () => {
    fc.assert(
      fc.property(name, fc.constantFrom('-', ' ', "'", '’', '\u00a0'), (text, sign) => {
        const folded = foldSurname(text);
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'])
          expect(foldSurname(text.normalize(form))).toBe(folded);
        // The iota below is a mark in lower case and a letter in upper: Unicode orders it differently among marks of other scripts.
        if (!text.normalize('NFD').includes('\u0345'))
          expect(foldSurname(text.toUpperCase())).toBe(folded);
        expect(foldSurname(text.toLowerCase())).toBe(folded);
        expect(foldSurname(`${sign}${text}${sign}`)).toBe(folded);
        const letters = text.replaceAll(/[^\p{L}]/gu, '');
        expect(foldSurname(Array.from(letters).join(sign))).toBe(foldSurname(letters));
      }),
      runs,
    );
  });

  it('leaves something of every name that has a letter or a digit', () => {
    fc.assert(
      fc.property(name, (text) => {
        if (/[\p{L}\p{N}]/u.test(text)) expect(foldSurname(text)).not.toBe('');
      }),
      runs,
    );
  });

  it('keeps every name of an Indic script apart from every other', () => {
    fc.assert(
      fc.property(indicName, indicName, (one, other) => {
        expect(foldSurname(one)).toBe(one.normalize('NFKD'));
        expect(foldSurname(one) === foldSurname(other)).toBe(
          one.normalize('NFKD') === other.normalize('NFKD'),
        );
      }),
      runs,
    );
  });
});
