import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPostgres } from '#deploy/local/find-program.mjs';
import { databaseUser } from '#deploy/local/pg-user.js';

const run = promisify(execFile);

/** Where the run of tests keeps the cluster that all others are copies of. Copying takes a tenth of initdb's time. */
export const clusterVariable = 'TEST_POSTGRES_CLUSTER';

/** Where `postgres`, `initdb` and the others lie. @throws Error when the machine has none */
export function postgresPrograms(): string {
  const found = findPostgres();
  if (found === undefined) throw new Error('no PostgreSQL server found: install postgresql');
  return found.folder;
}

/**
 * Fills an empty folder as `deploy/local/postgres-server.ts` would: `data`, and the superuser's password beside it. A mesh that starts there
 * finds its cluster. Not synced to the disk: no test survives a power cut.
 */
export async function makeCluster(directory: string): Promise<void> {
  const owner = await databaseUser(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const passwordFile = join(directory, 'superuser-password');
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (owner !== undefined)
    for (const path of [directory, passwordFile]) await chown(path, owner.uid, owner.gid);
  const options = ['-U', 'postgres', '-E', 'UTF8', '--no-locale', '-A', 'scram-sha-256'];
  await run(
    join(postgresPrograms(), 'initdb'),
    ['-D', join(directory, 'data'), `--pwfile=${passwordFile}`, '--no-sync', ...options],
    { cwd: '/', ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }) },
  );
}

/** Fills `directory`, which is not there yet, with a cluster: the run's, copied; a new one outside a run of tests. */
export async function copyCluster(directory: string): Promise<void> {
  const source = process.env[clusterVariable];
  if (source === undefined) return makeCluster(directory);
  await run('cp', ['-a', source, directory]);
}
