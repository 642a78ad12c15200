import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { newestChange } from './build.mjs';
import { serviceNames } from './mesh-services.js';
import { restartService } from './restart-service.js';

const usage = `npm run dev -- <service> [--folder <path>]

  Builds on each change of a source, and has the service started again in the mesh that runs on the folder (default var).
  Shows the service's log. Ctrl-C ends this; the mesh goes on.
  <service>: ${serviceNames.join(', ')}`;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = ['services', 'libs', 'tsconfig.json'].map((path) => join(root, path));
const lookMs = 300;

const lastChange = (): number => Math.max(...sources.map(newestChange));

/** A build with an error leaves the last good one alone. */
function build(): boolean {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const args = ['-p', join(root, 'tsconfig.json'), '--noEmitOnError'];
  return spawnSync(tsc, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** What is appended to the file from now on, in pieces as they come; a new file is shown from its beginning. */
function followFile(file: string): () => string {
  let shown = existsSync(file) ? statSync(file).size : 0;
  return () => {
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size < shown) shown = 0;
    const piece = Buffer.alloc(size - shown);
    if (piece.length === 0) return '';
    const opened = openSync(file, 'r');
    shown += readSync(opened, piece, 0, piece.length, shown);
    closeSync(opened);
    return piece.toString('utf8');
  };
}

async function buildAndRestart(folder: string, service: string): Promise<void> {
  if (!build()) return console.log('the build failed: the service runs on as it was');
  const main = fileURLToPath(new URL(`../../services/${service}/main.js`, import.meta.url));
  const count = await restartService(folder, main);
  console.log(`${service}: built, and asked to start again${count > 1 ? ` (${count} of it)` : ''}`);
}

async function develop(service: string, folder: string): Promise<never> {
  const appended = followFile(join(folder, 'log', `${service}.log`));
  for (let builtAt = -1; ;) {
    const changedAt = lastChange();
    if (changedAt > builtAt) {
      builtAt = changedAt;
      await buildAndRestart(folder, service);
    }
    process.stdout.write(appended());
    await delay(lookMs);
  }
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { folder: { type: 'string', default: 'var' } },
  });
  const service = serviceNames.find((name) => name === positionals[0]);
  if (service === undefined) throw new Error(`which service? ${positionals.join(' ')}`);
  await develop(service, resolve(values.folder));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}
