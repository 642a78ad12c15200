import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';

const oxlint = resolve('node_modules/oxlint/bin/oxlint');
let scratch: ScratchFolder;

beforeAll(async () => {
  scratch = await scratchFolder();
  await cp('.oxlintrc.json', join(scratch.path, '.oxlintrc.json'));
});
afterAll(() => scratch.remove());

/** Of these imports, those that the project's own lint refuses in a file at this place. */
async function refusedAt(path: string, imports: readonly string[]): Promise<readonly string[]> {
  const file = join(scratch.path, path);
  await mkdir(dirname(file), { recursive: true });
  const lines = imports.map((from, n) => `import { x${n} } from '${from}';`);
  await writeFile(
    file,
    `${lines.join('\n')}\nexport const all = [${lines.map((_, n) => `x${n}`).join(', ')}];\n`,
  );
  const report = await new Promise<string>((done) => {
    const args = [oxlint, '--format', 'json', path];
    execFile(process.execPath, args, { cwd: scratch.path }, (_error, out) => done(out));
  });
  const { diagnostics } = JSON.parse(report) as {
    readonly diagnostics: readonly {
      readonly code: string;
      readonly labels: readonly { readonly span: { readonly line: number } }[];
    }[];
  };
  const refused = diagnostics
    .filter(({ code }) => code.includes('no-restricted-imports'))
    .map(({ labels }) => imports[(labels[0]?.span.line ?? 0) - 1] ?? '');
  return [...new Set(refused)].toSorted();
}

describe('the lint of a domain folder', () => {
  const allowed = ['./decide.js', '#libs/contracts/verdict.js', '#libs/calendar/local-date.js'];

  it('lets in its own files, the contracts and the calendar', async () => {
    expect(await refusedAt('services/x/domain/good.ts', allowed)).toEqual([]);
  });

  it('refuses every other library, one with a name that begins like theirs too', async () => {
    const others = [
      'nats/ack',
      'cache/a',
      'courier/a',
      'contracts-old/a',
      'calendar.js',
      'clock/clock',
    ];
    const imports = others.map((name) => `#libs/${name}`);
    expect(await refusedAt('services/x/domain/bad.ts', [...allowed, ...imports])).toEqual(
      imports.toSorted(),
    );
  });

  it('refuses adapters, other services, packages and node', async () => {
    const imports = [
      '../adapters/store.js',
      './../adapters/store.js',
      '#libs/contracts/../nats/ack.js',
      '#services/gateway/domain/party-inbox.js',
      '#deploy/local/mesh.js',
      '#test/support/until.js',
      'zod',
      'node:crypto',
    ];
    expect(await refusedAt('services/x/domain/worse.ts', imports)).toEqual(imports.toSorted());
  });
});

describe('the lint of the contracts', () => {
  it('lets in zod, dates and hashes, and no other package, library or part of node', async () => {
    const allowed = ['./verdict.js', '#libs/calendar/local-date.js', 'zod', 'luxon', 'node:crypto'];
    const imports = [
      '#libs/nats/ack.js',
      '#libs/cache/a.js',
      '../nats/ack.js',
      'pg',
      'node:fs',
      'crypto',
      'zod/mini',
    ];
    expect(await refusedAt('libs/contracts/probe.ts', [...allowed, ...imports])).toEqual(
      imports.toSorted(),
    );
  });
});
