import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Pool, PoolClient } from 'pg';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { toStoreError } from './foreign-error.js';

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

const migrationName = /^(\d{4})_[a-z0-9_]+\.sql$/;

/**
 * Brings the database to the newest `NNNN_name.sql` of the directory: forward only, in order, each in a transaction of its own with
 * the row that records its SHA-256. Every instance calls it at start; an advisory lock lets one work while the others wait.
 * Migrations that a newer release applied and this one does not know are left alone, so that a rolling update can run.
 * @returns names of what was applied now, in order.
 * @throws MeshError `config-invalid` when an applied file was changed, a new one sorts before an applied one, or a name is wrong;
 * `store-unavailable` when the database is away.
 */
export async function migrate(pool: Pool, directory: URL): Promise<readonly string[]> {
  const migrations = await readMigrations(directory);
  const client = await pool.connect().catch((error: unknown) => {
    throw toStoreError(error);
  });
  try {
    await client.query('set statement_timeout = 0');
    await client.query(`select pg_advisory_lock(hashtextextended('throughcare:migrate', 0))`);
    return await applyPending(client, migrations);
  } catch (error) {
    throw toStoreError(error);
  } finally {
    client.release(true); // closing the session gives back the lock and forgets the settings
  }
}

async function readMigrations(directory: URL): Promise<readonly Migration[]> {
  const names = (await readdir(fileURLToPath(directory)))
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const numbers = new Set<string>();
  for (const name of names) {
    const number = migrationName.exec(name)?.[1];
    if (number === undefined)
      throw new MeshError('config-invalid', `migration ${name} is not named NNNN_name.sql`);
    if (numbers.has(number))
      throw new MeshError('config-invalid', `two migrations bear the number ${number}`);
    numbers.add(number);
  }
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, directory), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function applyPending(
  client: PoolClient,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await client.query(
    'create table if not exists migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
  );
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from migration order by name',
  );
  const applied = new Map(rows.map((row) => [row.name, row.sha256]));
  const newest = rows.at(-1)?.name ?? '';
  const pending = migrations.filter(({ name, sha256 }) => {
    const before = applied.get(name);
    if (before !== undefined && before !== sha256)
      throw new MeshError(
        'config-invalid',
        `migration ${name} was changed after it was applied; add a new one instead`,
      );
    if (before === undefined && name < newest)
      throw new MeshError(
        'config-invalid',
        `migration ${name} sorts before ${newest}, which is applied; give it a higher number`,
      );
    return before === undefined;
  });
  for (const migration of pending) await applyOne(client, migration);
  return pending.map(({ name }) => name);
}

async function applyOne(client: PoolClient, { name, sql, sha256 }: Migration): Promise<void> {
  await client.query('begin');
  await client.query(sql);
  await client.query('insert into migration (name, sha256) values ($1, $2)', [name, sha256]);
  await client.query('commit');
}
