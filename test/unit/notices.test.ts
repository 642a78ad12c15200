import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { KNOWN_LICENCES, renderNotices, usedPackages } from '#deploy/notices/render-notices.mjs';

const lock = readFileSync('package-lock.json', 'utf8');

const lockOf = (packages: object): string =>
  JSON.stringify({ packages: { '': { name: 'throughcare' }, ...packages } });

describe('the notices', () => {
  it('are those of the lock file: run `npm run notices` after a change of packages', () => {
    expect(readFileSync('deploy/NOTICES.md', 'utf8')).toBe(renderNotices(lock));
  });

  it('hold no licence that nobody has looked at', () => {
    const licences = new Set(usedPackages(lock).map(({ licence }) => licence));
    expect([...licences].filter((licence) => !KNOWN_LICENCES.includes(licence))).toEqual([]);
  });

  it('name every package that package.json wants in production', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const named = usedPackages(lock).map(({ name, version }) => `${name} ${version}`);
    const wanted = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
    expect(named).toEqual(expect.arrayContaining(wanted));
  });

  it('leave out development packages, and keep both versions of a package', () => {
    const used = usedPackages(
      lockOf({
        'node_modules/a': { version: '2.0.0', license: 'MIT' },
        'node_modules/b/node_modules/a': { version: '1.0.0', license: 'ISC' },
        'node_modules/jest': { version: '1.0.0', license: 'MIT', dev: true },
      }),
    );
    expect(used.map(({ name, version, licence }) => `${name} ${version} ${licence}`)).toEqual([
      'a 1.0.0 ISC',
      'a 2.0.0 MIT',
    ]);
  });

  it('are refused for a package that states no licence', () => {
    expect(() => usedPackages(lockOf({ 'node_modules/a': { version: '1.0.0' } }))).toThrow(
      'package-lock.json states no licence for a',
    );
  });
});
