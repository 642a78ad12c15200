import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const documents = [
  'README.md',
  'services/README.md',
  ...readdirSync('services')
    .map((name) => `services/${name}/README.md`)
    .filter((path) => existsSync(path)),
  'deploy/README.md',
  'deploy/CHANGELOG.md',
  'deploy/LICENSE.md',
  '.github/CONTRIBUTING.md',
  '.github/SECURITY.md',
];

const withoutBlocks = (text: string): string => text.replaceAll(/^```[^]*?^```/gm, '');

/** Words in code style that begin with a folder of the checkout; `<name>`, `*` and a command's blanks are no path. */
function pathsIn(text: string): readonly string[] {
  const words = [...text.matchAll(/`((?:services|libs|deploy|test|\.github|\.githooks)\/[^`]*)`/g)];
  return words.map(([, path = '']) => path).filter((path) => !/[<*\s…]/.test(path));
}

/** Targets of links within the checkout, from its top. */
function linksIn(document: string, text: string): readonly string[] {
  return [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) =>
    join(dirname(document), target),
  );
}

/** Made by a command that the document names. */
const made = /^deploy\/docker\/secrets(\/|$)/;

describe.each(documents)('%s', (document) => {
  const text = withoutBlocks(readFileSync(document, 'utf8'));

  it('names no file and no folder that is not there', () => {
    const named = [...pathsIn(text), ...linksIn(document, text)];
    expect(named.filter((path) => !made.test(path) && !existsSync(path))).toEqual([]);
  });
});

describe('the architecture on one page', () => {
  const text = readFileSync('services/README.md', 'utf8');

  it('tells of every service', () => {
    const services = readdirSync('services', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `services/${name}`);
    expect(services.filter((path) => !pathsIn(text).includes(path))).toEqual([]);
  });

  it('follows a message through files, not through folders alone', () => {
    expect(pathsIn(text).filter((path) => path.endsWith('.ts')).length).toBeGreaterThan(30);
  });

  it('gives each word one meaning', () => {
    const words = [...text.matchAll(/^\| (?!word\b|folder\b|-)([^|`]+?) +\|/gm)].map(
      ([, word]) => word,
    );
    expect(words.length).toBeGreaterThan(60);
    expect(words.filter((word, place) => words.indexOf(word) !== place)).toEqual([]);
  });
});
