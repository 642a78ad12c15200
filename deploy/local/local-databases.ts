import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { Client } from 'pg';
import type { LocalPostgres } from './postgres-server.js';

/** The services that keep state, each in the database of its name, which nobody else can connect to. */
const DATABASES = ['guard', 'router', 'reminders', 'notifier'] as const;

export type DatabaseName = (typeof DATABASES)[number];

/** A `DATABASE_URL` for each. */
export type DatabaseUrls = Readonly<Record<DatabaseName, string>>;

type Passwords = Readonly<Record<string, string>>;

async function readPasswords(file: string): Promise<Passwords> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Passwords;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

async function keptPasswords(file: string, names: readonly string[]): Promise<Passwords> {
  const kept = await readPasswords(file);
  const made = names.map((name) => [name, kept[name] ?? randomBytes(24).toString('hex')]);
  const all = { ...kept, ...(Object.fromEntries(made) as Passwords) };
  await writeFile(`${file}.new`, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return all;
}

/** Names and passwords are our own letters and digits, so they need no quoting. */
async function createDatabase(client: Client, name: string, password: string): Promise<void> {
  const role = `tc_${name}`;
  const roles = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  await client.query(
    `${roles.rowCount === 0 ? 'create' : 'alter'} role ${role} login nosuperuser password '${password}'`,
  );
  const databases = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (databases.rowCount === 0) await client.query(`create database ${name} owner ${role}`);
  await client.query(`revoke all on database ${name} from public`);
}

/** A database for each service of the mesh that keeps state. */
export async function createLocalDatabases(
  postgres: LocalPostgres,
  passwordFile: string,
): Promise<DatabaseUrls> {
  return createDatabases(postgres, passwordFile, DATABASES);
}

/**
 * Creates what is missing: a database of each name, owned by the role `tc_<name>`, the only one besides the superuser that may connect to it.
 * Passwords are kept in `passwordFile` (mode 0600) and found there by the next start.
 * @param names our own letters, digits and `_`
 */
export async function createDatabases(
  postgres: LocalPostgres,
  passwordFile: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const passwords = await keptPasswords(passwordFile, names);
  const client = new Client({ connectionString: postgres.adminUrl() });
  await client.connect();
  try {
    for (const name of names) await createDatabase(client, name, passwords[name] ?? '');
    await client.query('revoke connect on database postgres, template1 from public');
  } finally {
    await client.end();
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      `postgres://tc_${name}:${passwords[name]}@127.0.0.1:${postgres.port}/${name}`,
    ]),
  );
}
