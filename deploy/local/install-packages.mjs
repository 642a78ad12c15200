// Brings node_modules to what package-lock.json says, when it is not there already.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, stop } from './progress.mjs';

/** Holds the SHA-256 of the lock file that node_modules was made from. `npm ci` removes the folder first, so an interrupted one leaves none. */
const STAMP = 'node_modules/.throughcare-lock';

/** @param {string} file */
function readOrUndefined(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Whether npm's own record of node_modules holds every package of the lock file: somebody ran `npm ci` by hand.
 * Optional packages (other platforms' binaries) may be absent.
 * @param {string} lock text of package-lock.json
 * @param {string | undefined} installed text of node_modules/.package-lock.json
 */
export function isInstalled(lock, installed) {
  if (installed === undefined) return false;
  const wanted = Object.entries(JSON.parse(lock).packages ?? {}).filter(([path]) => path !== '');
  const present = JSON.parse(installed).packages ?? {};
  return wanted.every(([path, { version, integrity, optional }]) =>
    present[path] === undefined
      ? optional === true
      : present[path].version === version && present[path].integrity === integrity,
  );
}

/** @param {string} root the checkout */
export function installPackages(root) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(lock).digest('hex');
  const stamp = join(root, STAMP);
  if (readOrUndefined(stamp)?.trim() === digest) return;

  if (!isInstalled(lock, readOrUndefined(join(root, 'node_modules/.package-lock.json')))) {
    // --include=dev: the compiler is a development package, and NODE_ENV=production would leave it out.
    // --ignore-scripts: a package's install script would run as this user; nothing here needs one, and one reports to its maker.
    const options = [
      'ci',
      '--include=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const npm = process.env.npm_execpath;
    const { status, error } = step('Installing packages (npm ci)', () =>
      npm === undefined
        ? spawnSync('npm', options, { cwd: root, stdio: 'inherit' })
        : spawnSync(process.execPath, [npm, ...options], { cwd: root, stdio: 'inherit' }),
    );
    if (status !== 0)
      stop(
        `npm ci failed (${error?.message ?? `exit ${status}`}): nothing was built. Mend what it names above, then try again.`,
      );
  }
  writeFileSync(stamp, `${digest}\n`);
}
