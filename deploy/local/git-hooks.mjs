// Switches on the checkout's own git hook, which checks the format and the lint of staged files.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Beside `deploy/`; relative, so that each work tree uses the hook of its own branch. */
const HOOKS = '.githooks';

/**
 * Sets `core.hooksPath` where nobody has set one. Does nothing in CI, outside a checkout, or without git: a hook is a help, never a condition.
 * Does nothing in a linked work tree either (there `.git` is a file): the setting would reach all work trees of the repository.
 * @param {string} root the checkout
 * @param {NodeJS.ProcessEnv} [env]
 */
export function useHooks(root, env = process.env) {
  const isCheckout =
    statSync(join(root, '.git'), { throwIfNoEntry: false })?.isDirectory() === true;
  if (env.CI !== undefined || !isCheckout) return;
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', args, { cwd: root, env, stdio: 'ignore' }).status;
  // 1: no file sets it. Anything else (set already, a broken file, no git) is left alone.
  if (git('config', '--get', 'core.hooksPath') === 1) git('config', 'core.hooksPath', HOOKS);
}
