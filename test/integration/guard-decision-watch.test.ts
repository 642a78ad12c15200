import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { migrate } from '#libs/postgres/migrate.js';
import { MessageBook } from '#services/consent-guard/adapters/message.book.js';
import { type PostgresServer, startPostgres } from '#test/support/start-postgres.js';

let server: PostgresServer;
let pool: Pool;
let asked = 0;

beforeAll(async () => {
  server = await startPostgres();
  pool = connectDatabase({ url: server.url('postgres'), applicationName: 'test' });
  await migrate(pool, new URL('../../../services/consent-guard/migrations/', import.meta.url));
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  Object.assign(pool, {
    query: (...args: unknown[]) => {
      asked += 1;
      return query(...args);
    },
  });
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

const unreadable = (message: string, party: string) =>
  pool.query(
    `insert into dead_letter (id, party, message, code, detail, at) values ($1, $2, $3, 'malformed-json', 'not JSON', now())`,
    [randomUUID(), party, message],
  );

describe('those who wait for a verdict', () => {
  it('are looked up for together: a hundred ask the database no oftener than one does', async () => {
    const book = new MessageBook(pool);
    const wait = async (count: number): Promise<number> => {
      asked = 0;
      await Promise.all(
        Array.from({ length: count }, () =>
          book.verdict('tp_river', { id: randomUUID(), waitMs: 600 }),
        ),
      );
      return asked;
    };
    // Each looks for itself once, with two questions; what is left is the waiting.
    const [one, hundred] = [(await wait(1)) - 2, (await wait(100)) - 200];
    expect(one).toBeGreaterThan(3);
    expect(hundred).toBeLessThanOrEqual(2 * one);
  });

  it('are answered when it comes, each of their own party, and the others when their time is over', async () => {
    const book = new MessageBook(pool);
    const [mine, never] = [randomUUID(), randomUUID()];
    const answers = Promise.all([
      book.verdict('tp_river', { id: mine.toUpperCase(), waitMs: 20_000 }),
      book.verdict('tp_river', { id: mine, waitMs: 20_000 }),
      book.verdict('jcp_lambeth', { id: mine, waitMs: 400 }),
      book.verdict('tp_river', { id: never, waitMs: 0 }),
    ]);
    await unreadable(mine, 'tp_river');
    expect((await answers).map(({ state }) => state)).toEqual([
      'refused',
      'refused',
      'undecided',
      'undecided',
    ]);
  });

  it('are told when the database is away, and wait no longer', async () => {
    const book = new MessageBook(pool);
    const answered = book.verdict('tp_river', { id: randomUUID(), waitMs: 30_000 }).then(
      () => 'answered',
      () => 'told',
    );
    await server.kill();
    expect(await answered).toBe('told');
    await server.restart();
    expect(await book.verdict('tp_river', { id: randomUUID(), waitMs: 100 })).toMatchObject({
      state: 'undecided',
    });
  });
});
