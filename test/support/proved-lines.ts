import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProtocolLine, protocolLines } from '#test/scenario/protocol-lines.js';

/** A test that says which lines of the protocol it proves: `it('S1a, S1b: …')`. */
export interface Proof {
  readonly ids: readonly string[];
  readonly name: string;
  readonly file: string;
}

export interface ProvedLine extends ProtocolLine {
  readonly proofs: readonly Proof[];
}

/** Sources, not what was built of them: the names are as somebody wrote them. */
export const scenarioFolder = fileURLToPath(new URL('../../../test/scenario/', import.meta.url));

/** A test at the beginning of a line of code: one that is commented out or skipped proves nothing. */
const test = /^ *it\(\s*(['"`])((?:[A-Z]\d+[a-z]?(?:, )?)+): (.*?)\1,/gm;

/** What the tests of a file say they prove. */
export function proofsIn(file: string, source: string): readonly Proof[] {
  return [...source.matchAll(test)].map(([, , ids = '', name = '']) => ({
    file,
    name,
    ids: ids.split(', '),
  }));
}

export async function readProofs(folder: string = scenarioFolder): Promise<readonly Proof[]> {
  const files = (await readdir(folder))
    .filter((name) => /\.(?:test|stories)\.ts$/.test(name))
    .sort();
  const found = await Promise.all(
    files.map(async (file) => proofsIn(file, await readFile(join(folder, file), 'utf8'))),
  );
  return found.flat();
}

/** Each line with the tests that prove it. */
export const proveLines = (
  proofs: readonly Proof[],
  lines: readonly ProtocolLine[] = protocolLines,
): readonly ProvedLine[] =>
  lines.map((line) => ({ ...line, proofs: proofs.filter(({ ids }) => ids.includes(line.id)) }));

/** Lines that must work here and that no test proves. */
export const unproved = (lines: readonly ProvedLine[]): readonly ProvedLine[] =>
  lines.filter(({ proofs, notHere }) => proofs.length === 0 && notHere === undefined);

/** Ids that tests name and the protocol has not. */
export const strayIds = (proofs: readonly Proof[]): readonly string[] =>
  proofs.flatMap(({ ids }) => ids).filter((id) => !protocolLines.some((line) => line.id === id));

export function renderLine({ id, words, notHere, proofs }: ProvedLine): string {
  const head = `${id.padEnd(4)} ${words}`;
  if (notHere !== undefined) return `${head}\n       not here: ${notHere}`;
  if (proofs.length === 0) return `${head}\n       NO TEST`;
  return [head, ...proofs.map(({ file, name }) => `       ${file} › ${name}`)].join('\n');
}
