// Finds the servers and tools the mesh runs on. Plain Node: prepare.mjs needs it before any package is installed, the TypeScript of this
// folder imports it too.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Debian puts nats-server into /usr/sbin, which is not on an ordinary user's PATH. */
const SYSTEM_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/** Where Debian keeps each major version's server programs: /usr/lib/postgresql/<major>/bin. */
const POSTGRES_HOME = '/usr/lib/postgresql';

/** The oldest PostgreSQL the migrations are written for. */
export const OLDEST_POSTGRES = 15;

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Absolute path of a program, or undefined when the machine has none.
 * @param {string} name
 * @param {string} [path] folders to look in first, as in the environment's PATH
 * @returns {string | undefined}
 */
export function findProgram(name, path = process.env.PATH ?? '') {
  const folders = [
    ...path.split(delimiter).filter((folder) => folder.startsWith('/')),
    ...SYSTEM_FOLDERS,
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Chromium; where there is one, the build without a window: a page costs it a third of the processor. */
export const findBrowser = () => findProgram('chromium-headless-shell') ?? findProgram('chromium');

/** @param {string} home */
function versionedFolders(home) {
  try {
    return readdirSync(home)
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Number(b) - Number(a))
      .map((name) => join(home, name, 'bin'));
  } catch {
    return [];
  }
}

/**
 * The major version that `postgres --version` tells, 0 if it does not run.
 * @param {string} folder
 */
function majorIn(folder) {
  try {
    const text = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
    return Number(/\(PostgreSQL\) (\d+)/.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * The folder with PostgreSQL's `initdb` and `postgres`: the one on PATH, else the newest that Debian installed.
 * @param {{ major?: number, path?: string, home?: string }} [wanted] `major`: exactly this version, for a data folder that exists
 * @returns {{ folder: string, major: number } | undefined}
 */
export function findPostgres(wanted = {}) {
  const onPath = findProgram('postgres', wanted.path);
  const folders = [
    ...(onPath === undefined ? [] : [dirname(realpathSync(onPath))]),
    ...versionedFolders(wanted.home ?? POSTGRES_HOME),
  ];
  for (const folder of folders) {
    if (!isExecutable(join(folder, 'postgres')) || !isExecutable(join(folder, 'initdb'))) continue;
    const major = majorIn(folder);
    if (wanted.major === undefined ? major >= OLDEST_POSTGRES : major === wanted.major)
      return { folder, major };
  }
  return undefined;
}
