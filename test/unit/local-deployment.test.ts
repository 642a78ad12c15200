import { describe, expect, it } from '@jest/globals';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAgencyFolder } from '#deploy/local/agency-folder.js';
import { newestChange } from '#deploy/local/build.mjs';
import { findPostgres, findProgram } from '#deploy/local/find-program.mjs';
import { freePorts } from '#deploy/local/free-port.js';
import { isInstalled } from '#deploy/local/install-packages.mjs';
import { PROGRAMS } from '#deploy/local/install-programs.mjs';
import { launchCommand } from '#deploy/local/launch-command.js';
import { mailFileName, mailNumber } from '#deploy/local/mail-folder.js';
import { maySearch, searchCapability } from '#deploy/local/pg-user.js';
import { parseProcessStat, processTree } from '#deploy/local/process-tree.js';
import { redisConfiguration } from '#deploy/local/redis-server.js';
import { scratchFolder } from '#test/support/scratch-folder.js';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const program = { command: '/usr/bin/server', args: ['-c', 'file'] };

describe('launching a program', () => {
  it('ties it to its parent, and changes nothing else for an ordinary user', () => {
    expect(launchCommand(program, '/usr/bin/setpriv')).toEqual({
      command: '/usr/bin/setpriv',
      args: ['--pdeathsig', 'KILL', '/usr/bin/server', '-c', 'file'],
    });
  });

  it('gives up every capability but the one it is granted when it changes the user', () => {
    const asPostgres = (capability?: 'dac_read_search') =>
      launchCommand(program, '/usr/bin/setpriv', { uid: 101, gid: 104, capability }).args.join(' ');
    expect(asPostgres()).toContain(
      '--reuid 101 --regid 104 --clear-groups --inh-caps -all --ambient-caps -all /usr/bin/server',
    );
    expect(asPostgres('dac_read_search')).toContain(
      '--inh-caps -all,+dac_read_search --ambient-caps -all,+dac_read_search /usr',
    );
  });

  it('runs it as it is where there is no setpriv, but never as root instead of another user', () => {
    expect(launchCommand(program, undefined)).toEqual(program);
    expect(() => launchCommand(program, undefined, { uid: 101, gid: 104 })).toThrow(
      'must not run as root',
    );
  });
});

describe('the processes of the machine', () => {
  it('are read although a name may hold brackets and spaces', () => {
    const stat = parseProcessStat('42 (a) b) (c) S 7 42 42 0 -1');
    expect(stat).toEqual({ pid: 42, name: 'a) b) (c', state: 'S', parentPid: 7 });
    expect(parseProcessStat('')).toBeUndefined();
  });

  it('form a tree, parents first', () => {
    const child = (pid: number, parentPid: number) => ({ pid, parentPid, name: 'x', state: 'S' });
    const processes = [
      child(1, 0),
      child(10, 1),
      child(12, 11),
      child(11, 10),
      child(20, 1),
      child(13, 10),
    ];
    expect(processTree(10, processes)).toEqual([10, 11, 13, 12]);
  });
});

describe("PostgreSQL's user", () => {
  it('may pass a folder as its owner, its group or anybody, whichever applies first', () => {
    const account = { uid: 101, gid: 104 };
    expect(maySearch({ uid: 0, gid: 0, mode: 0o40700 }, account)).toBe(false);
    expect(maySearch({ uid: 0, gid: 0, mode: 0o40755 }, account)).toBe(true);
    expect(maySearch({ uid: 0, gid: 104, mode: 0o40701 }, account)).toBe(false);
    expect(maySearch({ uid: 0, gid: 104, mode: 0o40710 }, account)).toBe(true);
    expect(maySearch({ uid: 101, gid: 0, mode: 0o40600 }, account)).toBe(false);
  });

  it('is granted the lesser capability that there is to hand on', () => {
    expect(searchCapability('Name:\tnode\nCapEff:\t000001fffeffffff\nCapBnd:\t0\n')).toBe(
      'dac_read_search',
    );
    expect(searchCapability('CapEff:\t00000000a80425fb\n')).toBe('dac_override'); // what a container's root has
    expect(searchCapability('CapEff:\t0000000000000000\n')).toBeUndefined();
  });
});

describe('finding programs', () => {
  it('looks on PATH first, then where an ordinary user does not look', async () => {
    const scratch = await scratchFolder();
    const file = join(scratch.path, 'sh');
    await writeFile(file, '', { mode: 0o755 });
    expect(findProgram('sh', scratch.path)).toBe(file);
    expect(findProgram('chroot', '')).toBe('/usr/sbin/chroot');
    expect(findProgram('no-such-program-anywhere')).toBeUndefined();
    await scratch.remove();
  });

  it('takes the newest PostgreSQL, none older than 15, and exactly the one that existing data needs', async () => {
    const scratch = await scratchFolder();
    for (const major of ['9', '13', '15', '16']) {
      const bin = join(scratch.path, major, 'bin');
      await mkdir(bin, { recursive: true });
      await writeFile(join(bin, 'initdb'), '', { mode: 0o755 });
      await writeFile(
        join(bin, 'postgres'),
        `#!/bin/sh\necho 'postgres (PostgreSQL) ${major}.4 (Debian)'\n`,
        { mode: 0o755 },
      );
    }
    const path = join(scratch.path, '13', 'bin');
    expect(findPostgres({ path, home: scratch.path })?.major).toBe(16);
    expect(findPostgres({ path, home: scratch.path, major: 15 })?.folder).toBe(
      join(scratch.path, '15', 'bin'),
    );
    expect(findPostgres({ path, home: scratch.path, major: 13 })?.major).toBe(13);
    expect(findPostgres({ path, home: scratch.path, major: 14 })).toBeUndefined();
    await scratch.remove();
  });

  it('names a Debian package for each, and what npm start needs the tests need too', () => {
    expect(
      PROGRAMS.every(({ debian, modes }) => /^[a-z0-9-]+$/.test(debian) && modes.includes('test')),
    ).toBe(true);
  });
});

describe('making a clone ready', () => {
  const lock = (version: string, more = {}) =>
    JSON.stringify({
      packages: { '': {}, 'node_modules/a': { version, integrity: 'sha512-a' }, ...more },
    });

  it('installs packages unless every one of the lock file is there; only optional ones may be absent', () => {
    expect(isInstalled(lock('1.0.0'), undefined)).toBe(false);
    expect(isInstalled(lock('1.0.0'), lock('1.0.0'))).toBe(true);
    expect(isInstalled(lock('1.0.1'), lock('1.0.0'))).toBe(false);
    expect(
      isInstalled(
        lock('1.0.0', { 'node_modules/b': { version: '2.0.0', optional: true } }),
        lock('1.0.0'),
      ),
    ).toBe(true);
    expect(
      isInstalled(lock('1.0.0', { 'node_modules/b': { version: '2.0.0' } }), lock('1.0.0')),
    ).toBe(false);
  });

  // npm writes no entry for a platform's package that its registry does not have, and `npm ci` then refuses the whole file.
  it('can install from the lock file, which names every optional package', async () => {
    const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
      packages: Record<string, LockedPackage>;
    };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter(
        (name) =>
          packages[`node_modules/${name}`] === undefined &&
          packages[`${path}/node_modules/${name}`] === undefined,
      ),
    );
    expect(missing).toEqual([]);
  });

  it('builds when a source was changed or deleted', async () => {
    const scratch = await scratchFolder();
    const [kept, deleted] = [join(scratch.path, 'kept.ts'), join(scratch.path, 'deleted.ts')];
    await writeFile(kept, '');
    await writeFile(deleted, '');
    const longAgo = new Date('2026-01-05T09:00:00Z');
    for (const path of [kept, deleted, scratch.path]) await utimes(path, longAgo, longAgo);
    expect(newestChange(scratch.path)).toBe(longAgo.getTime());
    await rm(deleted);
    expect(newestChange(scratch.path)).toBeGreaterThan(longAgo.getTime());
    expect(newestChange(join(scratch.path, 'absent'))).toBe(0);
    await scratch.remove();
  });
});

describe('the folder of an agency’s desk', () => {
  it('keeps where the agency wrote that a record system is, when its offices and people are written anew', async () => {
    const folder = await scratchFolder();
    const party = { id: 'jcp_one', kind: 'jobcentre' as const, agency: 'jcp', name: 'One' };
    const write = (name: string): Promise<void> => {
      const directory = { parties: [{ ...party, name }], people: [] };
      return writeAgencyFolder(folder.path, 'jcp', { directory, tokenOf: () => undefined });
    };
    const path = join(folder.path, 'agency.json');
    const read = async (): Promise<{ readonly offices: readonly object[] }> =>
      JSON.parse(await readFile(path, 'utf8')) as { readonly offices: readonly object[] };
    try {
      await write('One');
      const { offices } = await read();
      const record = { webhook: 'https://records.example.org' };
      await writeFile(path, JSON.stringify({ offices: [{ ...offices[0], record }] }));
      await write('One, moved');
      expect((await read()).offices).toEqual([
        { id: 'jcp_one', kind: 'jobcentre', name: 'One, moved', record },
      ]);
    } finally {
      await folder.remove();
    }
  });
});

describe('the local servers', () => {
  it('get ports that differ, below those the kernel hands to clients', async () => {
    const ports = await freePorts(40);
    expect(new Set(ports).size).toBe(40);
    expect(ports.every((port) => port >= 20_000 && port < 32_768)).toBe(true);
  });

  it('have a Redis that keeps what it was told and evicts nothing', () => {
    const lines = redisConfiguration({ dir: '/a folder/"x"', port: 6400 }, 'secret').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'bind 127.0.0.1',
        'appendonly yes',
        'maxmemory-policy noeviction',
        'requirepass secret',
        'save ""',
      ]),
    );
    expect(lines).toContain('dir "/a folder/\\"x\\""');
  });

  it('name mails so that they sort by arrival and tell nothing', () => {
    const name = mailFileName(7, new Date('2026-03-02T09:15:00.123Z'));
    expect(name).toBe('000007-20260302T091500123Z.eml');
    expect(mailNumber(name)).toBe(7);
    expect(mailNumber(mailFileName(1_234_567, new Date(0)))).toBe(1_234_567);
    expect(mailNumber('000007-20260302T091500123Z.json')).toBeUndefined();
    expect(mailNumber('000007-20260302T091500123Z.eml.new')).toBeUndefined();
  });
});
