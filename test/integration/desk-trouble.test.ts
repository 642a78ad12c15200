import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { Registry } from 'prom-client';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { createLogger } from '#libs/logging/create-logger.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { Collector } from '#services/desk/adapters/collector.js';
import { GatewayClient } from '#services/desk/adapters/gateway.client.js';
import { MessageStore } from '#services/desk/adapters/message.store.js';
import { Sealer } from '#services/desk/adapters/sealer.js';
import { addTroubleGauges } from '#services/desk/adapters/trouble-gauges.js';
import { UnreadStore } from '#services/desk/adapters/unread.store.js';
import { RecordStore } from '#services/desk/record/record.store.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';
import { until } from '#test/support/until.js';

/* A message that a desk cannot keep: a real PostgreSQL, an inbox on real HTTP that gives again what is not acknowledged. */

const office = 'trt_riverside';
let postgres: PostgresServer;
let pool: Pool;
beforeAll(async () => {
  postgres = await sharedPostgres();
  pool = connectDatabase({ url: await postgres.createDatabase('desk'), applicationName: 'test' });
});
afterAll(async () => {
  await pool?.end();
  await postgres?.stop();
});

const message = (caseId: string): DeliveredMessage => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/parties/jcp_leeds',
  type: typeOf('referral.requested'),
  time: '2026-03-02T09:00:00Z',
  case: caseId,
  to: office,
  data: {},
});

describe('a message that cannot be kept', () => {
  it('holds up no other, is counted and told, and no longer once it is kept', async () => {
    const [poison, good] = [message('no uuid'), message(randomUUID())];
    const inbox = new Map([poison, good].map((each) => [each.id, each]));
    const server = createServer((request, response) => {
      const acknowledged = /\/inbox\/([^/]+)\/ack/.exec(request.url ?? '')?.[1];
      if (acknowledged !== undefined) inbox.delete(acknowledged);
      // The mesh gives one that is not acknowledged again after a while.
      const pauseMs = acknowledged === undefined ? 50 : 0;
      setTimeout(() => {
        const body = JSON.stringify({ messages: [...inbox.values()] });
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      }, pauseMs);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const unread = new UnreadStore(pool);
    const records = new RecordStore(pool);
    const registry = new Registry();
    addTroubleGauges(registry, { unread, records });
    const none = { isKeeper: () => false, isHandedOver: () => false };
    const sealer = new Sealer(randomBytes(32).toString('base64'));
    const collector = new Collector(office, {
      gateway: new GatewayClient(`http://127.0.0.1:${port}`, () => 'token'),
      messages: new MessageStore(pool, sealer, none),
      unread,
      logger: createLogger({ service: 'desk', level: 'silent' }),
    });
    collector.start();
    try {
      await until('the other is kept', () => inbox.size === 1 && inbox.has(poison.id));
      const found = await until('it is told', () => unread.of(office));
      expect(found).toMatchObject({ office, count: 1 });
      expect(await registry.metrics()).toContain(`desk_unread_messages{office="${office}"} 1`);

      inbox.set(poison.id, { ...poison, case: randomUUID() });
      await until('it is kept', () => inbox.size === 0);
      await until('nothing is told', async () => (await unread.of(office)) === undefined);
      expect(await registry.metrics()).not.toContain('desk_unread_messages{');
    } finally {
      collector.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('is told no longer when the mesh does not give it any more', async () => {
    const unread = new UnreadStore(pool);
    await unread.note(office, randomUUID());
    await pool.query(`update unread set seen_at = now() - interval '11 minutes'`);
    expect(await unread.of(office)).toBeUndefined();
  });
});
