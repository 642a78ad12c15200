// Makes a fresh clone ready: `node deploy/local/prepare.mjs start|test`. Runs before `npm start` and `npm test`, on plain Node, with no package
// installed yet. Prints nothing when there is nothing to do.
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { useHooks } from './git-hooks.mjs';
import { installPackages } from './install-packages.mjs';
import { installPrograms } from './install-programs.mjs';
import { stop } from './progress.mjs';

const OLDEST_NODE = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  stop(`Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.versions.node}.`);
}

const mode = process.argv[2] ?? '';
if (mode !== 'start' && mode !== 'test') stop('usage: node deploy/local/prepare.mjs start|test');

const root = fileURLToPath(new URL('../..', import.meta.url));
installPrograms(mode);
installPackages(root);
useHooks(root);
build(root);
