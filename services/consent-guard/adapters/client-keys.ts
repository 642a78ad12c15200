import type { PoolClient } from 'pg';
import { listed } from '#libs/postgres/listed.js';
import { type CopiedRow, readCopied } from '#libs/postgres/read-copied.js';

/** 32 bytes of which 244 bits are drawn at random. */
const newKey = 'sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))';
/** One statement whether a client has a key or not, so that its time does not tell. */
const keysSql = `with had as (select client, key from client_key where client = any(string_to_array($1, ',')::uuid[])),
  made as (insert into client_key (client, key) select w.client, ${newKey} from unnest(string_to_array($1, ',')::uuid[]) w (client)
    where not exists (select 1 from had where had.client = w.client) on conflict do nothing returning client, key)
  select client, encode(key, 'hex') from had union all select client, encode(key, 'hex') from made`;

/**
 * What ties these clients to their entries in the evidence: a random key each, in hex, made where there is none yet. The transaction holds the
 * clients' locks, so that none of the keys is destroyed meanwhile.
 */
export async function clientKeys(
  db: PoolClient,
  clients: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  for (;;) {
    // In one order everywhere: two batches that make the same keys must not wait for each other.
    const rows = await readCopied(db, keysSql, [listed([...clients].toSorted())]);
    // Another batch may have made one at this moment: it is seen by the next statement.
    if (rows.length >= clients.size) return byClient(rows);
  }
}

function byClient(rows: readonly CopiedRow[]): Map<string, string> {
  const keys = new Map<string, string>();
  for (const [client, key] of rows) if (client != null && key != null) keys.set(client, key);
  return keys;
}
