import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { DatabaseName } from '#deploy/local/local-databases.js';
import { eventsReply } from '#libs/contracts/ask-inbox.js';
import { askFor } from '#libs/nats/ask-client.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import type { MeshForTest } from './mesh-for-test.js';
import { storedStreams } from './stored-messages.js';

/*
 * Everything that a mesh has written down, as text to search. Bytes come as Latin-1, so that what is clear in them stays readable.
 */

export async function clearTextOfLogs({ folder }: MeshForTest): Promise<string> {
  const files = await readdir(join(folder, 'log'));
  return (
    await Promise.all(files.map((name) => readFile(join(folder, 'log', name), 'latin1')))
  ).join('\n');
}

/** Names of streams and consumers, subject and headers of every message that lies anywhere, and every event as a follower is told it. */
export async function clearTextOfStreams(
  mesh: MeshForTest,
): Promise<{ readonly text: string; readonly events: number }> {
  const streams = await storedStreams(mesh);
  const events = await toldEvents(mesh);
  const parts = streams.flatMap(({ name, consumers, messages }) => [
    name,
    consumers,
    ...messages.flatMap(({ subject, headers }) => [subject, headers]),
  ]);
  return { text: [...parts, ...events].join('\n'), events: events.length };
}

async function toldEvents({ mesh }: MeshForTest): Promise<readonly string[]> {
  const seedFile = mesh.secrets.seed('svc_router');
  const connection = await connectMesh({ url: mesh.natsUrl, seedFile, name: 'svc_router' });
  try {
    const told: string[] = [];
    for (let after = 0; ;) {
      const payload = { after, max: 512 };
      const { events } = await askFor(connection, 'events', { payload, reply: eventsReply });
      if (events.length === 0) return told;
      told.push(...events.map(({ event }) => JSON.stringify(event)));
      after = events.at(-1)?.number ?? after;
    }
  } finally {
    await connection.close();
  }
}

/** Every key with its value, whatever its type. */
export async function clearTextOfRedis({
  mesh,
}: MeshForTest): Promise<{ readonly text: string; readonly keys: number }> {
  const redis = new Redis(mesh.servers.redis.url);
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(
      keys.map(async (key) => {
        switch (await redis.type(key)) {
          case 'string':
            return redis.get(key);
          case 'hash':
            return redis.hgetall(key);
          case 'list':
            return redis.lrange(key, 0, -1);
          case 'set':
            return redis.smembers(key);
          case 'zset':
            return redis.zrange(key, '0', '-1');
          default:
            return redis.xrange(key, '-', '+');
        }
      }),
    );
    return { text: JSON.stringify([keys, values]), keys: keys.length };
  } finally {
    redis.disconnect();
  }
}

/** All rows of all tables, but for those left out; of `only` these where given. Binary columns as they are and as text. */
export async function clearTextOfDatabase(
  { mesh }: MeshForTest,
  name: DatabaseName,
  without: readonly string[] = [],
  only?: readonly string[],
): Promise<{ readonly text: string; readonly rows: number }> {
  const client = new Client({ connectionString: mesh.servers.postgres.adminUrl(name) });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    );
    const parts: string[] = [];
    for (const table of tables.rows.map((row) => row.name)) {
      if (without.includes(table) || only?.includes(table) === false) continue;
      const { rows } = await client.query<Record<string, unknown>>(`select * from "${table}"`);
      for (const row of rows) parts.push(Object.values(row).map(clear).join(' | '));
    }
    return { text: parts.join('\n'), rows: parts.length };
  } finally {
    await client.end();
  }
}

function clear(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Files below the folder in which one of the texts stands in clear, as `<file>: <text>`. */
export async function filesThatHold(
  folder: string,
  texts: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const content = await contentOf(path);
    found.push(...texts.filter((text) => content.includes(text)).map((text) => `${path}: ${text}`));
  }
  return found;
}

async function contentOf(path: string): Promise<Buffer> {
  const file = await open(path).catch(() => undefined); // gone meanwhile
  try {
    return (await file?.readFile()) ?? Buffer.alloc(0);
  } finally {
    await file?.close();
  }
}
