import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { connectDatabase, createKysely } from '#libs/postgres/connect-database.js';
import { copyRows } from '#libs/postgres/copy-rows.js';
import { copiedRows, readCopied } from '#libs/postgres/read-copied.js';
import { LeaseKeeper } from '#libs/postgres/lease-keeper.js';
import { migrate } from '#libs/postgres/migrate.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { startPostgres } from '#test/support/start-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';
import { until } from '#test/support/until.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const code = (error: unknown): string => (error instanceof MeshError ? error.code : String(error));

describe('copying rows', () => {
  it('keeps every character, number, byte and null as an insert would', async () => {
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'copy' });
    const db = await pool.connect();
    await db.query(
      'begin; create temporary table copied (n int, word text, bytes bytea, list uuid[], form jsonb, is_set boolean)',
    );
    const strange = 'tab\t line\n return\r \\N back\\slash "quoted" \'single\' é 🙂 {} ,';
    const id = '0190a000-0000-7000-8000-000000000000';
    const rows = [
      [
        1,
        strange,
        Buffer.from([0, 9, 10, 92, 255]),
        `{${id}}`,
        JSON.stringify({ [strange]: strange }),
        true,
      ],
      [2, '', Buffer.alloc(0), '{}', '{}', false],
      [3, String.raw`\.`, undefined, null, undefined, null],
    ];
    await copyRows(
      db,
      { table: 'copied', columns: ['n', 'word', 'bytes', 'list', 'form', 'is_set'] },
      rows,
    );
    expect((await db.query('select * from copied order by n')).rows).toEqual([
      {
        n: 1,
        word: strange,
        bytes: Buffer.from([0, 9, 10, 92, 255]),
        list: [id],
        form: { [strange]: strange },
        is_set: true,
      },
      { n: 2, word: '', bytes: Buffer.alloc(0), list: [], form: {}, is_set: false },
      { n: 3, word: String.raw`\.`, bytes: null, list: null, form: null, is_set: null },
    ]);
    await db.query('rollback');
    db.release();
    await pool.end();
  });

  it('writes none where one is wrong, and leaves the connection of use', async () => {
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'copy' });
    const db = await pool.connect();
    await db.query('create temporary table whole (n int not null)');
    await db.query('begin');
    await expect(
      copyRows(db, { table: 'whole', columns: ['n'] }, [[1], [undefined], [3]]),
    ).rejects.toMatchObject({ code: '23502' });
    await db.query('rollback');
    expect((await db.query('select * from whole')).rows).toEqual([]);
    db.release();
    await pool.end();
  });
});

describe('reading copied rows', () => {
  it('gives every character and null as it stands, and takes any value it is asked with', async () => {
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'copied' });
    const db = await pool.connect();
    const strange = [
      'tab\t line\n return\r \\N back\\slash \\t "quoted" \'single\' é 🙂 {} , $1 $2',
      '',
      String.raw`\N`,
      String.raw`\.`,
      '\b\f\v',
    ];
    const query =
      'select n, $1::text, null::text, word from (values ($2::int)) v (n) cross join (values ($3)) w (word)';
    for (const word of strange)
      expect(await readCopied(db, query, [word, 2, word])).toEqual([['2', word, null, word]]);
    expect(await readCopied(db, 'select generate_series(1, 3)', [])).toEqual([['1'], ['2'], ['3']]);
    expect(await readCopied(db, 'select 1 where false', [])).toEqual([]);
    expect(await readCopied(db, "select '' from generate_series(1, 2)", [])).toEqual([[''], ['']]);
    const long = (
      await readCopied(db, "select n, repeat('é', 1000) from generate_series(1, 2000) n", [])
    ).map(([n, word]) => [n, word?.length]);
    expect(long).toEqual(Array.from({ length: 2_000 }, (_, n) => [String(n + 1), 1_000]));
    db.release();
    await pool.end();
  });

  it('fails where the statement does, also in the middle, and leaves the connection of use', async () => {
    const pool = connectDatabase({
      url: server.url('postgres'),
      applicationName: 'copied',
      max: 1,
    });
    const db = await pool.connect();
    await expect(readCopied(db, 'select nothing', [])).rejects.toMatchObject({ code: '42703' });
    await expect(
      readCopied(db, 'select 1 / (5000 - n) from generate_series(1, 9000) n', []),
    ).rejects.toMatchObject({ code: '22012' });
    expect(await readCopied(db, 'select 7', [])).toEqual([['7']]);
    expect((await db.query('select 8 as eight')).rows).toEqual([{ eight: 8 }]);
    db.release();
    await pool.end();
  });

  it('takes no text that breaks off', () => {
    expect(copiedRows('a\tb\nc\t\\N\n')).toEqual([
      ['a', 'b'],
      ['c', null],
    ]);
    for (const text of ['a\tb', 'a\tb\nc']) expect(() => copiedRows(text)).toThrow(RangeError);
  });

  it('fails where the connection breaks in the middle', async () => {
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'broken' });
    const other = connectDatabase({ url: server.url('postgres'), applicationName: 'test' });
    const db = await pool.connect();
    const reading = readCopied(
      db,
      "select n, pg_sleep(0.01), repeat('x', 1000) from generate_series(1, 1000) n",
      [],
    ).catch(toStoreError);
    await until('it reads', async () => {
      const { rowCount } = await other.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'broken' and state = 'active'",
      );
      return (rowCount ?? 0) > 0;
    });
    expect(code(await reading)).toBe('store-unavailable');
    db.release(true);
    await pool.end();
    await other.end();
  });
});

describe('connecting', () => {
  it('has no statement compiled, which here takes longer than the statement', async () => {
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'jit' });
    expect((await pool.query('show jit')).rows).toEqual([{ jit: 'off' }]);
    await pool.end();
  });

  it('gives dates as text, large integers as numbers, and survives a server that goes away', async () => {
    const broken: string[] = [];
    const pool = connectDatabase({
      url: server.url('postgres'),
      applicationName: 'test',
      onError: (error) => broken.push(error.name),
    });
    const db = createKysely<object>(pool);
    const read = async () =>
      (await sql`select date '2026-03-29' as day, 9007199254740991::int8 as big`.execute(db))
        .rows[0];
    expect(await read()).toEqual({ day: '2026-03-29', big: 9007199254740991 });

    await server.kill();
    await expect(read().catch((error: unknown) => code(toStoreError(error)))).resolves.toBe(
      'store-unavailable',
    );
    await server.restart();
    expect(await until('the pool connects again', read)).toEqual({
      day: '2026-03-29',
      big: 9007199254740991,
    });
    await db.destroy();
  });

  it('fails the next statement, and nothing else, when a transaction loses its connection between two of them', async () => {
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'holder' });
    const other = connectDatabase({ url: server.url('postgres'), applicationName: 'test' });
    const held = await pool.connect();
    await held.query('begin');
    await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holder'`,
    );
    const sessions = () =>
      other.query(`select from pg_stat_activity where application_name = 'holder'`);
    await until('the server has closed it', async () => (await sessions()).rowCount === 0);
    const next = await until('it has broken', () =>
      held.query('select 1').then(undefined, (error: unknown) => toStoreError(error)),
    );
    expect(next).toMatchObject({ code: 'store-unavailable' });
    held.release(true);
    expect((await pool.query('select 1')).rowCount).toBe(1);
    await Promise.all([pool.end(), other.end()]);
  });

  it('turns a refused row into an error that does not quote it', async () => {
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'test' });
    await pool.query('create table secret (name text primary key)');
    await pool.query(`insert into secret values ('QQ123456C')`);
    const error = await pool
      .query(`insert into secret values ('QQ123456C')`)
      .then(undefined, toStoreError);
    expect(error).toMatchObject({
      code: 'internal',
      message: 'the database refused the call (23505)',
    });
    await pool.end();
  });
});

describe('migrating', () => {
  it('applies each file once, in order, also when two instances start together, and refuses a changed or late one', async () => {
    const url = await server.createDatabase('migrations');
    const directory = await mkdtemp(join(tmpdir(), 'tc-mig-'));
    const place = pathToFileURL(`${directory}/`);
    await writeFile(join(directory, '0001_first.sql'), 'create table a (id int);');
    await writeFile(
      join(directory, '0003_third.sql'),
      'insert into a values (1); insert into a values (2);',
    );
    const pools = [0, 1].map(() =>
      connectDatabase({ url, applicationName: 'test', statementTimeoutMs: 500 }),
    );
    const [pool] = pools as [(typeof pools)[0]];

    const applied = await Promise.all(pools.map((each) => migrate(each, place)));
    expect(applied.flat()).toEqual(['0001_first.sql', '0003_third.sql']);
    expect((await pool.query('select * from a')).rowCount).toBe(2);
    expect(await migrate(pool, place)).toEqual([]);

    await writeFile(join(directory, '0002_late.sql'), 'select 1');
    await expect(migrate(pool, place).catch(code)).resolves.toBe('config-invalid');
    await rm(join(directory, '0002_late.sql'));
    await writeFile(
      join(directory, '0004_broken.sql'),
      'create table b (id int); select nothing from nowhere;',
    );
    await expect(migrate(pool, place).catch(code)).resolves.toBe('internal');
    await rm(join(directory, '0004_broken.sql'));
    await writeFile(join(directory, '0004_mended.sql'), 'create table b (id int)');
    expect(await migrate(pool, place)).toEqual(['0004_mended.sql']);
    await writeFile(join(directory, '0001_first.sql'), 'create table a (id bigint);');
    await expect(migrate(pool, place).catch(code)).resolves.toBe('config-invalid');

    await Promise.all(pools.map((each) => each.end()));
    await rm(directory, { recursive: true });
  });
});

describe('a lease', () => {
  const keeper = (lost: string[] = []) =>
    new LeaseKeeper({
      url: server.url('postgres'),
      applicationName: 'lease',
      onLost: (names) => lost.push(...names),
    });

  it('is held by one at a time and passes on when given back or when the holder stops', async () => {
    const [a, b] = [keeper(), keeper()];
    expect(await a.acquire('events')).toBe(true);
    expect(await a.acquire('events')).toBe(true);
    expect(await b.acquire('events')).toBe(false);
    expect([a.isHeld('events'), b.isHeld('events')]).toEqual([true, false]);
    expect(await b.acquire('other')).toBe(true);
    await a.release('events');
    expect(await b.acquire('events')).toBe(true);
    await b.stop();
    expect(await a.acquire('events')).toBe(true);
    expect(await a.acquire('other')).toBe(true);
    await a.stop();
    await a.stop();
  });

  it('is lost, with word of it, when the connection breaks, and can be taken anew', async () => {
    const lost: string[] = [];
    const a = keeper(lost);
    await a.acquire('events');
    const pool = connectDatabase({ url: server.url('postgres'), applicationName: 'test' });
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lease'`,
    );
    await until('the loss is told', () => lost.length > 0);
    expect(lost).toEqual(['events']);
    expect(a.isHeld('events')).toBe(false);
    await until('the lease is taken again', () => a.acquire('events'));
    await a.stop();
    await pool.end();
  });
});
