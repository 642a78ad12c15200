import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool, PoolClient } from 'pg';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import {
  lockClients,
  underClientLock,
  unlockClients,
} from '#services/consent-guard/adapters/client-lock.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';

let postgres: PostgresServer;
let pool: Pool;
let one: PoolClient;
let other: PoolClient;

beforeAll(async () => {
  postgres = await sharedPostgres();
  pool = connectDatabase({ url: await postgres.createDatabase('locks'), applicationName: 'test' });
  [one, other] = await Promise.all([pool.connect(), pool.connect()]);
});
afterAll(async () => {
  one.release();
  other.release();
  await pool.end();
  await postgres.stop();
});

const modes = async (): Promise<string[]> => {
  const { rows } = await pool.query<{ mode: string }>(
    `select mode from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()) order by mode`,
  );
  return rows.map(({ mode }) => mode);
};

describe('the locks on the clients of a batch', () => {
  it('are shared, but for those who decide something in it', async () => {
    await lockClients(one, new Set(['maria', 'tomas', 'ana']), new Set(['tomas']));
    expect(await modes()).toEqual(['ExclusiveLock', 'ShareLock', 'ShareLock']);
    await lockClients(other, new Set(['maria', 'ana']), new Set());
    expect(await modes()).toHaveLength(5);
    await Promise.all([unlockClients(one), unlockClients(other)]);
    expect(await modes()).toEqual([]);
  });

  it('keep a sweep of the same client waiting until the batch has let go', async () => {
    await lockClients(one, new Set(['maria']), new Set());
    const steps: string[] = [];
    const swept = underClientLock(pool, 'maria', () => Promise.resolve(void steps.push('swept')));
    await lockClients(other, new Set(['tomas']), new Set(['tomas']));
    steps.push('let go');
    await Promise.all([unlockClients(one), unlockClients(other)]);
    await swept;
    expect(steps).toEqual(['let go', 'swept']);
  });

  it('never make two batches wait for each other, whoever decides in which', async () => {
    const both = ['maria', 'tomas'];
    const batch = async (db: PoolClient, alone: string): Promise<void> => {
      await lockClients(db, new Set(both), new Set([alone]));
      await unlockClients(db);
    };
    for (let round = 0; round < 200; round += 1)
      expect(await Promise.all([batch(one, 'maria'), batch(other, 'tomas')])).toHaveLength(2);
  });
});
