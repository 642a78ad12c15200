// Compiles when a source is newer than the last build.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, stop } from './progress.mjs';

const SOURCES = [
  'services',
  'libs',
  'deploy',
  'test',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
];

/** Holds when the build began, in ms since the epoch. Every build deletes dist first, so a build that failed leaves none. */
const STAMP = 'dist/.stamp';

/**
 * The latest change below a path, in ms since the epoch. Folders count too: a deleted source changes only its folder.
 * @param {string} path
 * @returns {number}
 */
export function newestChange(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(
    found.mtimeMs,
    ...readdirSync(path).map((name) => newestChange(join(path, name))),
  );
}

/** @param {string} root */
function builtAt(root) {
  try {
    return Number(readFileSync(join(root, STAMP), 'utf8'));
  } catch {
    return 0;
  }
}

/** @param {string} root the checkout */
export function build(root) {
  if (Math.max(...SOURCES.map((source) => newestChange(join(root, source)))) < builtAt(root))
    return;
  const startedAt = Date.now();
  const npm = process.env.npm_execpath;
  const { status } = step('Building', () =>
    npm === undefined
      ? spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
      : spawnSync(process.execPath, [npm, 'run', '--silent', 'build'], {
          cwd: root,
          stdio: 'inherit',
        }),
  );
  if (status !== 0) stop('the build failed; the compiler names the place above.');
  writeFileSync(join(root, STAMP), String(startedAt));
}
