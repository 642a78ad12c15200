/**
 * Letters that Unicode does not decompose and that people write without their stroke, hook or ligature, each in lower case. The right side is
 * that of Unicode CLDR, transform Latin-ASCII, for letters of alphabets in which surnames are written. ə is from ICAO Doc 9303 part 3, section 6;
 * ς and the iota below (U+0345) are the foldings of Unicode's CaseFolding.txt.
 */
const plainLetters: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', þ: 'th', ð: 'd', đ: 'd', ł: 'l' }),
  ...Object.entries({ ħ: 'h', ı: 'i', ŋ: 'n', ŧ: 't', ə: 'e', ǥ: 'g', ƶ: 'z', ĸ: 'q' }),
  ...Object.entries({ ɓ: 'b', ɖ: 'd', ɗ: 'd', ɛ: 'e', ƒ: 'f', ɨ: 'i', ƙ: 'k', ɲ: 'n', ƴ: 'y' }),
  ['ς', 'σ'],
  ['\u0345', 'ι'],
]);
const plainLetter = new RegExp(`[${[...plainLetters.keys()].join('')}]`, 'gu');

/**
 * Apostrophes that Unicode counts as letters: modifier letters of Hawaiian, Ukrainian and transliterated names, and the saltillo. All others
 * (U+0027, U+0060, U+2018, U+2019 …) are no letters, and go with hyphens and spaces.
 */
const apostrophes = /[\u02b9-\u02bf\u02ca\u02cb\u02ee\ua78b\ua78c]/gu;
/** A mark without a letter to stand on: U+00B4 for an apostrophe decomposes to a space and such a one. */
const strayMarks = /(?<![\p{L}\p{M}\p{N}])(?:(?=\p{Script=Inherited})\p{M})+/gu;
const noPartOfAName = /[^\p{L}\p{M}\p{N}]|\p{Default_Ignorable_Code_Point}/gu;
const diacritics =
  /(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])(?:(?=[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M})+/gu;

/**
 * A surname in the one form by which it is compared. Two spellings are the same where people write the letter both ways (Łukasz and Lukasz,
 * Strauß and Strauss, O'Neill and O’Neill), and apart where they do not. Never shown, and only ever kept as a keyed hash.
 *
 * 1. NFKD (UAX #15), then upper and lower case: full case folding, the final sigma among it.
 * 2. Without apostrophes, hyphens, spaces and what is not to be seen, as in the machine-readable zone of ICAO Doc 9303 part 3.
 * 3. Marks that follow a Latin, Greek or Cyrillic letter go. All others stay: a vowel sign or a virama of an Indic script, a Japanese voicing
 *    mark or an Arabic vowel makes another name.
 * 4. The table above; NFKD again, for marks that stand together now.
 *
 * Not done: ü for ue, ø for oe, å for aa (ICAO Doc 9303 allows them), since Bauer and Baur are two names. No confusables (UTS #39): what looks
 * alike is not written both ways. No collation strengths (UTS #10): ł and l differ at the first of them, and vowel marks are tailored by language.
 */
export function foldSurname(name: string): string {
  const cased = name.replaceAll(apostrophes, '').normalize('NFKD').toUpperCase().toLowerCase();
  const folded = cased
    .normalize('NFKD')
    .replaceAll(apostrophes, '')
    .replaceAll(strayMarks, '')
    .replaceAll(noPartOfAName, '')
    .replaceAll(plainLetter, (letter) => plainLetters.get(letter) ?? letter)
    .replaceAll(diacritics, '')
    .normalize('NFKD');
  // Of apostrophes that are letters and nothing else: no two such names, nor they and none at all, may be one.
  return folded === ''
    ? name
        .normalize('NFKD')
        .toLowerCase()
        .replaceAll(/[^\p{L}]/gu, '')
    : folded;
}
