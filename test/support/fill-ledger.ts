import { Client } from 'pg';
import type { ClientIdentity } from '#libs/contracts/form-fields.js';
import { GuardKeys } from '#services/consent-guard/adapters/guard-keys.js';
import { until } from './until.js';
import { usualStart } from './usual-start.js';

export interface LedgerFilling {
  readonly databaseUrl: string;
  readonly keysFile: string;
  /** The one client recorded so far, over the road: all that the guard keeps of them is what is copied. */
  readonly template: string;
  /** How many clients more. */
  readonly count: number;
  /** The first of them, whom messages can be about; the others have hashes of nobody. Their ids lie evenly among all. */
  readonly known: readonly { readonly case: string; readonly client: ClientIdentity }[];
}

/** Base64url of SHA-256, as the guard's hashes look. */
const hashOf = (what: string): string =>
  `rtrim(translate(encode(sha256((c.client::text || '${what}')::bytea), 'base64'), '+/', '-_'), '=')`;
const ids = {
  client: 'c.client',
  case_id: 'c.case_id',
  consent_id: 'c.consent',
  decision_id: 'c.consent',
  id: 'c.consent',
};
/** Sealed and in the tree already: before the first that is. */
const before = '-c.n';

/**
 * What of each table's row is the copy's own; everything else is as the guard wrote it. In two lists, loaded side by side: in the order of
 * clients' ids, and in that of their consents.
 */
const tables: readonly (readonly (readonly [
  table: string,
  own: Readonly<Record<string, string>>,
])[])[] = [
  [
    [
      'client',
      {
        id: 'c.client',
        identity: `coalesce(c.identity, ${hashOf('identity')})`,
        nino: `coalesce(c.nino, ${hashOf('nino')})`,
        date_of_birth: `coalesce(c.date_of_birth, ${hashOf('born')})`,
        surname: `coalesce(c.surname, ${hashOf('name')})`,
      },
    ],
    ['client_case', { id: 'c.case_id', client: 'c.client' }],
    ['case_agency', { case_id: 'c.case_id' }],
    ['scope', ids],
    ['client_key', { client: 'c.client' }],
  ],
  [
    // The version of the key that sealed it stays.
    ['consent', { ...ids, body: 'overlay(t.body placing sha256(c.client::text::bytea) from 3)' }],
    ['consent_line', ids],
    ['record', { ...ids, seq: before, consents: 'array[c.consent]' }],
    ['leaf', { idx: before, record: before }],
  ],
];

/**
 * Puts more clients with one consent each into a guard's database, by SQL: as many rows, of the same size, as the guard itself writes for
 * each. (Not what is elsewhere: tiles of the evidence tree, and events at the broker.) The rows lie in the order of clients' ids.
 */
export async function fillLedger(filling: LedgerFilling): Promise<void> {
  const connections = await Promise.all(tables.map(() => connect(filling.databaseUrl)));
  const [first] = connections;
  if (first === undefined) return;
  await until(
    'the template is sealed',
    async () => (await first.query('select 1 from client_key')).rows.length > 0,
  );
  for (const setting of [
    "max_wal_size = '16GB'",
    'fsync = off',
    'full_page_writes = off',
    'autovacuum = off',
  ])
    await first.query(`alter system set ${setting}`);
  await first.query('select pg_reload_conf()');
  await writeCopies(first, filling);
  await Promise.all(
    connections.map(async (connection, index) => {
      // Copies need no look at the rows they refer to.
      await connection.query(
        `set session_replication_role = replica; set maintenance_work_mem = '512MB'`,
      );
      for (const [table, own] of tables[index] ?? [])
        await copyRows(connection, { table, own, order: index === 0 ? 'client' : 'n' });
    }),
  );
  await first.query('drop table bench_copy, bench_template');
  await first.query('vacuum (analyze)');
  await first.query('alter system reset all');
  await first.query('select pg_reload_conf()');
  await until(
    'PostgreSQL syncs again',
    async () => (await first.query<{ fsync: string }>('show fsync')).rows[0]?.fsync === 'on',
  );
  await first.query('checkpoint');
  await Promise.all(connections.map((connection) => connection.end()));
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** UUIDv7 of the 300 days before the mesh's clock started, rising with `n`. */
const consentId = `(lpad(to_hex(${usualStart.getTime()}::bigint - (300 * 86400000::bigint * (1 - n / $7::float8))::bigint), 12, '0')
  || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid`;

async function writeCopies(
  connection: Client,
  { keysFile, template, count, known }: LedgerFilling,
): Promise<void> {
  const keys = GuardKeys.fromFile(keysFile);
  const rows = known.map((each) => {
    const prints = keys.printsUnder(keys.version, each.client);
    return { ...each, prints, id: keys.deriveClient(prints, each.case) };
  });
  const found = await connection.query<{ client: string }>(
    'select client from client_case where id = $1',
    [template],
  );
  await connection.query(
    `create unlogged table bench_template as select '${found.rows[0]?.client ?? ''}'::uuid as client, '${template}'::uuid as case_id`,
  );
  await connection.query(
    `create unlogged table bench_copy as
      select n, coalesce(k.client, gen_random_uuid()) as client, coalesce(k.case_id, gen_random_uuid()) as case_id,
        ${consentId} as consent, nino, date_of_birth, surname, identity
      from generate_series(1, $7::int) as g (n) left join unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        with ordinality as k (client, case_id, nino, date_of_birth, surname, identity, m) on k.m = g.n
      order by client`,
    [
      rows.map(({ id }) => id),
      rows.map((row) => row.case),
      rows.map(({ prints }) => prints.nino),
      rows.map(({ prints }) => prints.dateOfBirth),
      rows.map(({ prints }) => prints.surname),
      rows.map(({ prints }) => prints.identity),
      count,
    ],
  );
  await connection.query('analyze bench_copy');
}

interface Copying {
  readonly table: string;
  readonly own: Readonly<Record<string, string>>;
  readonly order: 'client' | 'n';
}

/** The template's rows once for each copy. Indexes that no constraint needs are made afterwards: many times faster. */
async function copyRows(connection: Client, { table, own, order }: Copying): Promise<void> {
  const columns = await connection.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = 'public' and table_name = $1`,
    [table],
  );
  const indexes = await connection.query<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes where schemaname = 'public' and tablename = $1
      and not exists (select 1 from pg_constraint where conname = indexname)`,
    [table],
  );
  const names = columns.rows.map(({ name }) => name);
  const values = names.map((name) => own[name] ?? `t.${name}`);
  for (const { name } of indexes.rows) await connection.query(`drop index ${name}`);
  await connection.query(
    `insert into ${table} (${names.join(', ')}) overriding system value
      select ${values.join(', ')} from (select * from bench_copy order by ${order}) c
      cross join (select * from ${table} where ${ofTemplate(table, names)}) t`,
  );
  for (const { definition } of indexes.rows) await connection.query(definition);
}

/** Which rows of a table are the template's. */
function ofTemplate(table: string, columns: readonly string[]): string {
  if (table === 'leaf')
    return 'record in (select seq from record where client = (select client from bench_template))';
  if (table === 'client') return 'id = (select client from bench_template)';
  const key = columns.includes('client') ? 'client' : 'case_id';
  return `${key} = (select ${key} from bench_template)`;
}
