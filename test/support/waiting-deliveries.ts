import { Client } from 'pg';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { GuardKeys } from '#services/consent-guard/adapters/guard-keys.js';
import type { MeshForTest } from './mesh-for-test.js';

/** What waits for a party, opened with the guard's own keys; of all parties where none is named. Takes nothing. */
export async function waitingDeliveries(
  { mesh }: MeshForTest,
  party?: string,
): Promise<readonly DeliveredMessage[]> {
  const keys = GuardKeys.fromFile(mesh.secrets.guardKeysFile);
  const database = new Client({ connectionString: mesh.servers.postgres.adminUrl('guard') });
  await database.connect();
  try {
    const { rows } = await database.query<{ id: string; body: Buffer }>(
      `select b.id::text as id, b.body from delivery d join delivery_body b on b.id = d.place
       where $1::text is null or d.recipient = $1 order by b.id`,
      [party ?? null],
    );
    return rows.map(
      ({ id, body }) => JSON.parse(keys.open(body, id).toString('utf8')) as DeliveredMessage,
    );
  } finally {
    await database.end();
  }
}
