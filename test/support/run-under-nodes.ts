import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import {
  countsOf,
  isGreen,
  type NodeRun,
  nodePackage,
  nodeRunTable,
  readNodeRunOptions,
} from './node-runs.js';

/**
 * `npm run test:nodes`: the tests under several Nodes, each from the package registry, installed below var/ beside the project's own packages.
 * Exits 1 where one of them fails. `--node <version>` and `--only <part of a path>` may be given more than once.
 */
const packageName = nodePackage(process.platform, process.arch);

/** @returns the program, or undefined where the registry did not give it */
function install(wanted: string): string | undefined {
  const folder = resolve('var/nodes', wanted);
  mkdirSync(folder, { recursive: true });
  // A project of its own, so that npm touches no package.json above it.
  const options = ['--prefix', folder, '--ignore-scripts', '--no-package-lock', '--no-save'];
  const npm = process.env['npm_execpath'];
  const [command = '', ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  const { status } = spawnSync(
    command,
    [...first, 'install', ...options, '--loglevel=error', `${packageName}@${wanted}`],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const program = join(folder, 'node_modules', packageName, 'bin/node');
  return status === 0 && existsSync(program) ? program : undefined;
}

function runUnder(wanted: string, only: readonly string[]): NodeRun {
  const program = install(wanted);
  if (program === undefined)
    return { ...countsOf(undefined), wanted, version: undefined, seconds: 0, exitCode: null };
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim();
  process.stdout.write(`\n── Node ${version} ──\n`);
  const report = resolve('var/nodes', wanted, 'report.json');
  rmSync(report, { force: true });
  const startedAt = performance.now();
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  const { status } = spawnSync(program, [...jest, '--json', `--outputFile=${report}`, ...only], {
    // A program that starts `node` by name gets this one too.
    env: {
      ...process.env,
      PATH: [dirname(program), process.env['PATH'] ?? ''].join(delimiter),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    ...countsOf(existsSync(report) ? readFileSync(report, 'utf8') : undefined),
    wanted,
    version,
    seconds: (performance.now() - startedAt) / 1_000,
    exitCode: status,
  };
}

try {
  const { nodes, only } = readNodeRunOptions(process.argv.slice(2));
  const runs = nodes.map((wanted) => runUnder(wanted, only));
  process.stdout.write(`\n${nodeRunTable(runs)}\n`);
  if (!runs.every(isGreen)) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
