import { posix } from 'node:path';
import { MeshError } from '#libs/contracts/mesh-error.js';

/** A value as the server would read it. Maps keep every entry in order, doubles too: the server lets the later one win in silence. */
export type ConfigValue = string | number | boolean | readonly ConfigValue[] | ConfigMap;
export interface ConfigMap {
  readonly entries: readonly {
    readonly key: string;
    readonly value: ConfigValue;
    readonly file: string;
  }[];
}

interface Reader {
  readonly file: string;
  readonly text: string;
  at: number;
}

const syntax = (reader: Reader, what: string): MeshError => {
  const line = reader.text.slice(0, reader.at).split('\n').length;
  return new MeshError('config-invalid', `${reader.file}:${line}: ${what}`);
};

/**
 * Reads the subset of nats-server's configuration language that our files use: maps, arrays, quoted and bare strings, integers, booleans,
 * `include`, comments, `$VARIABLE` (kept as text). Anything else is refused, so that a file cannot hide from the lint what the server reads.
 *
 * @param files text by path, relative to the configuration's folder
 * @throws MeshError `config-invalid` with file and line
 */
export function parseNatsConfig(files: ReadonlyMap<string, string>, main: string): ConfigMap {
  return { entries: readFile(files, main, []) };
}

function readFile(
  files: ReadonlyMap<string, string>,
  file: string,
  above: readonly string[],
): ConfigMap['entries'] {
  const text = files.get(file);
  if (text === undefined || above.includes(file))
    throw new MeshError('config-invalid', `${file}: included but not there, or by itself`);
  const reader: Reader = { file, text, at: 0 };
  const entries = readEntries(files, reader, [...above, file]);
  if (reader.at < text.length) throw syntax(reader, 'unexpected }');
  return entries;
}

function readEntries(
  files: ReadonlyMap<string, string>,
  reader: Reader,
  above: readonly string[],
): ConfigMap['entries'] {
  const entries: { key: string; value: ConfigValue; file: string }[] = [];
  for (;;) {
    skipBlank(reader, true);
    if (reader.at >= reader.text.length || reader.text[reader.at] === '}') return entries;
    const isQuoted = isQuote(reader.text[reader.at]);
    const key = isQuoted ? readQuoted(reader) : readBare(reader, 'a key');
    skipBlank(reader, false);
    if (key === 'include' && !isQuoted) {
      entries.push(
        ...readFile(files, posix.join(posix.dirname(reader.file), readQuoted(reader)), above),
      );
      continue;
    }
    if (reader.text[reader.at] === ':' || reader.text[reader.at] === '=') reader.at += 1;
    else if (reader.text[reader.at] !== '{') throw syntax(reader, `expected : after ${key}`);
    entries.push({ key, value: readValue(files, reader, above), file: reader.file });
  }
}

function readValue(
  files: ReadonlyMap<string, string>,
  reader: Reader,
  above: readonly string[],
): ConfigValue {
  skipBlank(reader, false);
  const first = reader.text[reader.at];
  if (isQuote(first)) return readQuoted(reader);
  if (first === '{') {
    reader.at += 1;
    const entries = readEntries(files, reader, above);
    if (reader.text[reader.at] !== '}') throw syntax(reader, 'expected }');
    reader.at += 1;
    return { entries };
  }
  if (first === '[') return readArray(files, reader, above);
  return bareValue(readBare(reader, 'a value'));
}

function readArray(
  files: ReadonlyMap<string, string>,
  reader: Reader,
  above: readonly string[],
): readonly ConfigValue[] {
  const values: ConfigValue[] = [];
  reader.at += 1;
  for (;;) {
    skipBlank(reader, true);
    if (reader.at >= reader.text.length) throw syntax(reader, 'expected ]');
    if (reader.text[reader.at] === ']') {
      reader.at += 1;
      return values;
    }
    values.push(readValue(files, reader, above));
  }
}

function bareValue(text: string): ConfigValue {
  if (/^-?\d+$/.test(text)) return Number(text);
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  return text;
}

function readQuoted(reader: Reader): string {
  const quote = reader.text[reader.at];
  const end = isQuote(quote) ? reader.text.indexOf(quote as string, reader.at + 1) : -1;
  const inside = reader.text.slice(reader.at + 1, end);
  if (end < 0 || inside.includes('\n') || inside.includes('\\'))
    throw syntax(reader, 'expected a quoted string on one line, without \\');
  reader.at = end + 1;
  return inside;
}

function readBare(reader: Reader, what: string): string {
  const found = /^[A-Za-z0-9_$.*>/-]+/.exec(reader.text.slice(reader.at, reader.at + 512));
  if (found === null) throw syntax(reader, `expected ${what}`);
  reader.at += found[0].length;
  return found[0];
}

function skipBlank(reader: Reader, separatorsToo: boolean): void {
  const blank = separatorsToo ? /(?:[\s,;]|#[^\n]*|\/\/[^\n]*)*/y : /[ \t]*/y;
  blank.lastIndex = reader.at;
  blank.exec(reader.text);
  reader.at = blank.lastIndex;
}

const isQuote = (character: string | undefined): boolean => character === '"' || character === "'";

/**
 * One text for one meaning: keys sorted, lists of plain strings sorted (permissions have no order), doubles kept, so that two values
 * are the same to the server exactly when their texts are equal.
 */
export function canonicalConfig(value: ConfigValue): string {
  if (Array.isArray(value))
    return `[${(value as readonly ConfigValue[]).map(canonicalConfig).sort().join(' ')}]`;
  if (typeof value !== 'object') return plainText(String(value));
  const { entries } = value as ConfigMap;
  return `{${entries
    .map((entry) => `${plainText(entry.key)}: ${canonicalConfig(entry.value)}`)
    .sort()
    .join(', ')}}`;
}

/** Text that could be mistaken for structure is quoted. */
const plainText = (text: string): string =>
  /^[A-Za-z0-9_$.*>/-]+$/.test(text) ? text : JSON.stringify(text);
