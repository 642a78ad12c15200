// The packages that the services run with, and under which licence each comes. Plain Node; the TypeScript of the tests imports it too.

/**
 * Licences that may be used here without a further look: none asks more than that its text goes along, and LGPL is met as the page says.
 * A package under another licence needs a person's decision first.
 */
export const KNOWN_LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'LGPL-3.0+',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
];

/** The lock file states no licence for a package of a platform that was not at hand when it was made. The registry states these. */
const FROM_THE_REGISTRY = [{ name: /^@msgpackr-extract\//, licence: 'MIT' }];

/**
 * @typedef {{ name: string, version: string, licence: string }} UsedPackage
 * @typedef {{ version?: string, license?: string, dev?: boolean }} LockedPackage
 */

/**
 * @param {string} name
 * @param {LockedPackage} locked
 */
function licenceOf(name, locked) {
  const stated = locked.license ?? FROM_THE_REGISTRY.find((each) => each.name.test(name))?.licence;
  if (stated === undefined) throw new Error(`package-lock.json states no licence for ${name}`);
  return stated;
}

/**
 * Every package that an installation without development packages may hold, on any platform. From the lock file, so that the list is the same on every
 * machine. `npm sbom --omit dev` leaves out packages that a development package needs too (npm/cli#7909).
 * @param {string} lock text of package-lock.json
 * @returns {UsedPackage[]} by name, then version
 * @throws Error for a package without a stated licence
 */
export function usedPackages(lock) {
  /** @type {Record<string, LockedPackage>} */
  const packages = JSON.parse(lock).packages ?? {};
  const used = new Map(
    Object.entries(packages)
      .filter(([path, { dev }]) => path !== '' && dev !== true)
      .map(([path, locked]) => {
        const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
        const version = locked.version ?? '';
        return [`${name}@${version}`, { name, version, licence: licenceOf(name, locked) }];
      }),
  );
  return [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

const HEAD = `# Notices

Made by \`npm run notices\` from \`package-lock.json\`; do not edit. A test fails when it is out of date.

The services run with the packages below. A package states its licence in its own folder, \`node_modules/<package>\`: in a licence file, else in its README or
its package.json. The image holds these folders, so the texts go along with it. Packages for one platform are absent on others.

**openpgp is under LGPL-3.0 or later.** It is used unchanged, as a package of its own in \`node_modules/openpgp\`, where it can be replaced by another version
that fits. Its source: <https://github.com/openpgpjs/openpgpjs>. Keep it so: not bundled into one file, and not changed without publishing the change.

nats-server, PostgreSQL, Redis or Valkey, GnuPG and the mail catcher are programs of their own under their own licences. They are installed, not contained.
`;

/** @param {string} lock text of package-lock.json */
export function renderNotices(lock) {
  const used = usedPackages(lock);
  const licences = [...new Set(used.map(({ licence }) => licence))].sort();
  const sections = licences.map((licence) => {
    const lines = used
      .filter((each) => each.licence === licence)
      .map(({ name, version }) => `- ${name} ${version}`);
    return `## ${licence}\n\n${lines.join('\n')}\n`;
  });
  return [HEAD, ...sections].join('\n');
}
