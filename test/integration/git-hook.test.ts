import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env as environment } from 'node:process';
import { useHooks } from '#deploy/local/git-hooks.mjs';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';

let checkout: ScratchFolder;

/** Nothing of a git command that runs this test, nor of its user's settings. */
const env = {
  ...Object.fromEntries(Object.entries(environment).filter(([name]) => !/^GIT_|^CI$/.test(name))),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

function git(...args: string[]): { readonly code: number | null; readonly text: string } {
  const author = ['-c', 'user.name=Sample', '-c', 'user.email=sample@example.org'];
  const { status, stdout, stderr } = spawnSync('git', [...author, ...args], {
    cwd: checkout.path,
    env,
    encoding: 'utf8',
  });
  return { code: status, text: `${stdout}${stderr}`.trim() };
}

const hooksPath = (): string => git('config', 'core.hooksPath').text;

function stage(file: string, text: string): void {
  mkdirSync(join(checkout.path, 'libs'), { recursive: true });
  writeFileSync(join(checkout.path, file), text);
  git('add', file);
}

beforeEach(async () => {
  checkout = await scratchFolder();
});
afterEach(() => checkout.remove());

describe('preparing a checkout', () => {
  it('switches the hook on in a checkout', () => {
    git('init');
    useHooks(checkout.path, env);
    expect(hooksPath()).toBe('.githooks');
  });

  it("leaves a developer's own hooks alone", () => {
    git('init');
    git('config', 'core.hooksPath', '/home/sample/hooks');
    useHooks(checkout.path, env);
    expect(hooksPath()).toBe('/home/sample/hooks');
  });

  it('switches nothing on in CI', () => {
    git('init');
    useHooks(checkout.path, { ...env, CI: 'true' });
    expect(hooksPath()).toBe('');
  });

  it('leaves the settings of a repository alone when prepared in a linked work tree', () => {
    git('init');
    git('commit', '--allow-empty', '--message', 'first');
    git('worktree', 'add', 'linked');
    useHooks(join(checkout.path, 'linked'), env);
    expect(hooksPath()).toBe('');
  });

  it('goes on in a folder that is no work tree, and on a machine without git', () => {
    useHooks(checkout.path, env);
    git('init');
    useHooks(checkout.path, { ...env, PATH: '/nowhere' });
    expect(hooksPath()).toBe('');
  });
});

describe('the hook before a commit', () => {
  const clean = 'export const answer = 42;\n';

  beforeEach(() => {
    git('init');
    for (const name of ['.githooks', '.oxlintrc.json', 'package.json', 'tsconfig.json'])
      cpSync(name, join(checkout.path, name), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(checkout.path, 'node_modules'));
    useHooks(checkout.path, env);
  });

  it('lets formatted files without a finding through, with blanks in their names too', () => {
    stage('libs/a b.ts', clean);
    expect(git('commit', '--message', 'clean')).toMatchObject({ code: 0 });
  });

  it('refuses a staged file that is not formatted, and names it', () => {
    stage('libs/crooked.ts', 'export   const answer=42\n');
    const { code, text } = git('commit', '--message', 'crooked');
    expect(code).toBe(1);
    expect(text).toContain('libs/crooked.ts');
  });

  it('refuses a staged file that breaks a lint rule, and names the rule', () => {
    stage('libs/any.ts', 'export const answer: any = 42;\n');
    const { code, text } = git('commit', '--message', 'any');
    expect(code).toBe(1);
    expect(text).toContain('no-explicit-any');
  });

  it('does not look at files that are not staged', () => {
    stage('libs/clean.ts', clean);
    writeFileSync(join(checkout.path, 'libs/crooked.ts'), 'export   const answer=42\n');
    expect(git('commit', '--message', 'clean')).toMatchObject({ code: 0 });
  });
});
