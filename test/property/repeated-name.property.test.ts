import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readJson } from '#libs/contracts/read-json.js';
import { repeatedName } from '#libs/contracts/repeated-name.js';

/** A value of JSON as it is written: an object is a list of fields, so that a name can stand twice. */
type Written =
  | { readonly scalar: string }
  | { readonly list: readonly Written[] }
  | { readonly fields: readonly (readonly [name: string, value: Written])[] };

/** Few names, so that they meet; and those that an object takes for something else, or that look like the marks of JSON. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'A', '', '1', '__proto__', 'constructor', '"', ':', '\\', 'a":{', 'é'),
  fc.string({ maxLength: 3 }),
);
const scalar = fc
  .oneof(
    fc.constantFrom<unknown>(null, true, 0, -1.5e-7, '":"', '\\', '\\"', '{"a":1,"a":2}', '[:,]'),
    fc.string(),
  )
  .map((value): Written => ({ scalar: JSON.stringify(value) }));
const { written } = fc.letrec<{ written: Written }>((tie) => ({
  written: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('written'), { maxLength: 4 }).map((list): Written => ({ list })),
    fc
      .array(fc.tuple(name, tie('written')), { maxLength: 4 })
      .map((fields): Written => ({ fields })),
  ),
}));

/** What the test holds it to: the names of each object as they are meant, in a set. */
function repeats(value: Written): boolean {
  if ('scalar' in value) return false;
  if ('list' in value) return value.list.some(repeats);
  const names = value.fields.map(([each]) => each);
  return new Set(names).size < names.length || value.fields.some(([, each]) => repeats(each));
}

/** As text with random white space, and each letter of a string now and then as an escape. */
function textOf(value: Written, next: () => number): string {
  const space = (): string => ['', '', ' ', '\n\t', '\r\n'][next() % 5] ?? '';
  const string = (text: string): string =>
    `"${Array.from(text)
      .map((letter) => (next() % 3 === 0 ? escaped(letter) : JSON.stringify(letter).slice(1, -1)))
      .join('')}"`;
  if ('scalar' in value) return `${space()}${value.scalar}${space()}`;
  if ('list' in value) return `[${value.list.map((each) => textOf(each, next)).join(',')}]`;
  const fields = value.fields.map(
    ([each, inner]) => `${space()}${string(each)}${space()}:${textOf(inner, next)}`,
  );
  return `${space()}{${fields.join(',')}}${space()}`;
}

const escaped = (letter: string): string =>
  letter
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

describe('JSON with a name twice in an object', () => {
  it('is refused, and no other is, however it is nested, spaced and escaped', () => {
    let refused = 0;
    fc.assert(
      fc.property(written, fc.infiniteStream(fc.nat(29)), (value, numbers) => {
        const text = textOf(value, () => Number(numbers.next().value));
        const read = readJson(text);
        expect(read.ok).toBe(!repeats(value));
        expect(repeatedName(text) === undefined).toBe(read.ok);
        if (read.ok) expect(read.json).toEqual(JSON.parse(text));
        else refused += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it.each([
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"x":[{"a":1},{"b":1,"b":{}}],"y":0}', ['x', 1, 'b']],
    ['{"a":{"a":{"__proto__":1,"__proto__":2}}}', ['a', 'a', '__proto__']],
    ['[[],[{"":0,"" :0}]]', [1, 0, '']],
    ['{"a":"a","b":["a","a"],"c":{"a":1}}', undefined],
  ])('%s is found at %j', (text, path) => {
    expect(repeatedName(text)).toEqual(path);
  });

  it('is looked for in text that is nested deeper than the stack', () => {
    const deep = `${'{"a":['.repeat(50_000)}{"b":1,"b":2}${']}'.repeat(50_000)}`;
    expect(readJson(deep).ok).toBe(false);
    expect(readJson(deep.replace('"b":1,', '')).ok).toBe(true);
  });
});
