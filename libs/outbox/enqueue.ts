import { sql } from 'kysely';
import type { QueryExecutorProvider } from 'kysely';

export interface OutboxMessage {
  /** The CloudEvent's id: derived from its cause for effects, so that a repeat is the same row and the same message. */
  readonly id: string;
  /** The whole message as it goes out, UTF-8 JSON. */
  readonly body: Uint8Array;
}

/**
 * Puts messages into the outbox in the caller's transaction, in order: they go out if and only if it commits. An id that waits
 * already is left as it is. After the commit call `OutboxRelay.wake()`; without it they go out at the next sweep.
 */
export async function enqueue(
  tx: QueryExecutorProvider,
  messages: readonly OutboxMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const ids = messages.map(({ id }) => id);
  const bodies = messages.map(({ body }) => Buffer.from(body));
  await sql`insert into outbox (id, body)
    select id, body from unnest(${ids}::text[], ${bodies}::bytea[]) with ordinality as message (id, body, n) order by n
    on conflict (id) do nothing`.execute(tx);
}
