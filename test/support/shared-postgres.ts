import { randomUUID } from 'node:crypto';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { migrate } from '#libs/postgres/migrate.js';
import { type PostgresServer, runQuery, startPostgres } from './start-postgres.js';

/** The ports of the PostgreSQL servers that the run started, the first for worker 1. */
export const portsVariable = 'TEST_POSTGRES_PORTS';

/** The services that keep state, by the name of their database. */
const services = {
  guard: 'consent-guard',
  router: 'referral-router',
  reminders: 'reminders',
  notifier: 'notifier',
  desk: 'desk',
} as const;

/**
 * The PostgreSQL of this worker, which serves one test file after the other. Nobody kills it, and each file has databases of its own: empty ones,
 * and for a service a copy of one with the service's migrations. `stop` drops them. Outside a run of tests it is a server of its own.
 */
export async function sharedPostgres(): Promise<PostgresServer> {
  const ports = process.env[portsVariable]?.split(',');
  if (ports === undefined) return startPostgres();
  const port = ports[Number(process.env['JEST_WORKER_ID'] ?? 1) - 1];
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const admin = (text: string): Promise<true> => runQuery(url('postgres'), text);
  const latest = new Map<string, string>();
  const made: string[] = [];
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('this PostgreSQL serves others too: use startPostgres'));
  return {
    url: (name) => url(latest.get(name) ?? name),
    createDatabase: async (name) => {
      const own = `${name}_${randomUUID()}`;
      const template = Object.hasOwn(services, name)
        ? await migratedTemplate(name as keyof typeof services, url)
        : 'template1';
      await admin(`create database "${own}" template "${template}"`);
      latest.set(name, own);
      made.push(own);
      return url(own);
    },
    kill: refuse,
    restart: refuse,
    stop: async () => {
      for (const own of made.splice(0)) await admin(`drop database "${own}" with (force)`);
    },
  };
}

/** A database that a service's migrations were applied to: made by the worker's first test file that needs it. */
async function migratedTemplate(
  name: keyof typeof services,
  url: (database: string) => string,
): Promise<string> {
  const template = `template_${name}`;
  const pool = connectDatabase({ url: url('postgres'), applicationName: 'template' });
  try {
    const { rowCount } = await pool.query('select from pg_database where datname = $1', [template]);
    if (rowCount !== 0) return template;
    await pool.query(`create database ${template}`);
  } finally {
    await pool.end();
  }
  const migrating = connectDatabase({ url: url(template), applicationName: 'template' });
  try {
    const folder = new URL(`../../../services/${services[name]}/migrations/`, import.meta.url);
    await migrate(migrating, folder);
  } finally {
    await migrating.end();
  }
  return template;
}
