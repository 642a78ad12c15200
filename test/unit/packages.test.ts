import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
};

/** Loaded by a package that we import, not by us. */
const neededByOthers = ['@fastify/static', 'fastify'];
/** Read as files: the pages' style and script. */
const readAsFiles = ['govuk-frontend'];

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => join(folder, path));

/** Imports of a compiled file: those of types alone are gone. */
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)(?: [\w$*{}, ]+ from)? '([^']+)';$/gm,
    ),
  ].map(([, name = '']) => name);

function fileOf(name: string, from: string): string | undefined {
  if (name.startsWith('.')) return resolve(dirname(from), name);
  return name.startsWith('#') ? resolve('dist', name.slice(1)) : undefined;
}

const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

/** Packages that these files load, and the files that they load in turn. */
function packagesOf(entries: readonly string[]): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const left = entries.map((path) => resolve(path));
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const name of importsOf(file)) {
      const next = fileOf(name, file);
      if (next !== undefined) left.push(next);
      else if (!name.startsWith('node:')) found.add(packageOf(name));
    }
  }
  return found;
}

describe('the packages', () => {
  it('of the image are those that its services and jobs load, no more and no fewer', () => {
    const loaded = packagesOf(
      ['dist/services', 'dist/libs', 'dist/deploy/docker'].flatMap((folder) => filesBelow(folder)),
    );
    const expected = [...loaded, ...neededByOthers, ...readAsFiles].toSorted();
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(expected);
  });

  it('run no script when they are installed, by hand either', () => {
    expect(readFileSync('.npmrc', 'utf8')).toMatch(/^ignore-scripts=true$/m);
    const dockerfile = readFileSync('deploy/docker/Dockerfile', 'utf8');
    const installs = dockerfile.match(/npm ci.*/g) ?? [];
    expect(installs.length).toBeGreaterThan(0);
    for (const install of installs) expect(install).toContain('--ignore-scripts');
    expect(readFileSync('deploy/local/install-packages.mjs', 'utf8')).toContain(
      "'--ignore-scripts'",
    );
  });

  it('that would run one are known, and do without it', () => {
    const withScript = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path);
    // A report to its maker; a watcher that nothing here starts; a faster decoder, which comes ready-made or is left out.
    expect(withScript).toEqual([
      'node_modules/@parcel/watcher',
      'node_modules/@scarf/scarf',
      'node_modules/msgpackr-extract',
    ]);
  });

  it('leave us no pre- and post-scripts: npm would pass over ours too', () => {
    const names = Object.keys(manifest.scripts);
    const hooks = names.filter((name) =>
      names.some((of) => [`pre${of}`, `post${of}`].includes(name)),
    );
    expect(hooks).toEqual([]);
  });
});
