// Finds which programs are missing and installs Debian's packages for them, without starting the services those packages bring.
import { spawnSync } from 'node:child_process';
import { findBrowser, findPostgres, findProgram } from './find-program.mjs';
import { stop, step } from './progress.mjs';

/**
 * The programs each mode runs, and the Debian package each is in.
 * @type {readonly { name: string, debian: string, modes: readonly string[], find: () => unknown }[]}
 */
export const PROGRAMS = [
  {
    name: 'nats-server',
    debian: 'nats-server',
    modes: ['start', 'test'],
    find: () => findProgram('nats-server'),
  },
  {
    name: 'redis-server',
    debian: 'redis-server',
    modes: ['start', 'test'],
    find: () => findProgram('redis-server'),
  },
  {
    name: 'PostgreSQL 15 or newer',
    debian: 'postgresql',
    modes: ['start', 'test'],
    find: () => findPostgres(),
  },
  { name: 'gpg', debian: 'gnupg', modes: ['start', 'test'], find: () => findProgram('gpg') },
  // Two other OpenPGP implementations, so that the tests read our mail with more than the library that wrote it.
  { name: 'rnp', debian: 'rnp', modes: ['test'], find: () => findProgram('rnp') },
  { name: 'sqop', debian: 'sqop', modes: ['test'], find: () => findProgram('sqop') },
  // The desk's pages are tested in a real browser.
  { name: 'chromium', debian: 'chromium-headless-shell', modes: ['test'], find: findBrowser },
];

/** @param {string} mode */
export function missingPrograms(mode) {
  return PROGRAMS.filter((program) => program.modes.includes(mode) && program.find() === undefined);
}

/**
 * Runs as root. Debian starts a server when its package is installed, unless /usr/sbin/policy-rc.d answers 101. Ours is there only while apt runs
 * (removed on failure and on Ctrl-C too; one left by a kill -9 is known by its second line); a policy of the machine's own is left alone.
 */
const INSTALL_SCRIPT = `
set -e
policy=/usr/sbin/policy-rc.d
mark='# throughcare: only while packages are installed'
if [ ! -e "$policy" ] || grep -qsF "$mark" "$policy"; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\n%s\\nexit 101\\n' "$mark" > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get -q -o DPkg::Lock::Timeout=120 update || echo 'apt-get update failed; trying with the package lists at hand' >&2
apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
`;

/** How to become root without asking: nothing to add, `sudo -n`, or not at all (undefined). */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const sudo = findProgram('sudo');
  return sudo !== undefined && spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? [sudo, '-n']
    : undefined;
}

/** @param {readonly { name: string, debian: string }[]} programs */
function remedy(programs) {
  return `missing: ${programs.map(({ name }) => name).join(', ')}. Install with: apt-get install ${programs.map(({ debian }) => debian).join(' ')}`;
}

/**
 * Leaves every program of the mode installed, or ends the process with one line that names what is missing and how to get it.
 * @param {string} mode
 */
export function installPrograms(mode) {
  const missing = missingPrograms(mode);
  if (missing.length === 0) return;
  const root = findProgram('apt-get') === undefined ? undefined : rootPrefix();
  if (root === undefined) stop(remedy(missing));

  const packages = missing.map(({ debian }) => debian);
  const [command = '', ...args] = [
    ...root,
    '/bin/sh',
    '-c',
    INSTALL_SCRIPT,
    'install',
    ...packages,
  ];
  step(`Installing ${packages.join(', ')} (apt-get)`, () =>
    spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }),
  );

  const still = missingPrograms(mode);
  if (still.length > 0) stop(`apt-get could not install everything; ${remedy(still)}`);
}
