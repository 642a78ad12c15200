import { sql } from 'kysely';
import type { QueryExecutorProvider } from 'kysely';

/** Publishes one message and resolves at the broker's PubAck; rejects when it is not known to be stored. */
export type Publish = (id: string, body: Uint8Array) => Promise<unknown>;

export interface OutboxRelayOptions {
  readonly db: QueryExecutorProvider;
  readonly publish: Publish;
  /** A pass ended early and will be tried again at the next sweep, a second later. For the log. */
  readonly onError: (error: unknown) => void;
}

interface Row {
  readonly position: number;
  readonly id: string;
  readonly body: Buffer;
}

const sweepMs = 1_000;
const batch = 256;

/**
 * Carries the outbox to the broker: oldest first, one at a time, a row goes only after its PubAck. Killed in between, a message is
 * published again with its id, which the guard recognises. Several instances may relay the same table: each begins with the oldest, so
 * that the first appearance of every message keeps the order. A message that cannot be published holds up those behind it: order is
 * kept, nothing is dropped; watch the age of the oldest.
 */
export class OutboxRelay {
  private sweep: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(private readonly options: OutboxRelayOptions) {}

  start(): void {
    if (this.stopped || this.sweep !== undefined) return;
    this.sweep = setInterval(() => this.wake(), sweepMs);
    this.wake();
  }

  /** Call after the commit that put something in. Cheap; may be called at any time. */
  wake(): void {
    if (this.stopped) return;
    this.again = true;
    this.running ??= this.run();
  }

  /** Takes no new pass, waits for the one under way. What still waits goes out at the next start. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.sweep);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        while (await this.pass());
      }
    } catch (error) {
      this.again = false;
      this.options.onError(error);
    } finally {
      this.running = undefined;
    }
  }

  /** @returns true when there may be more. */
  private async pass(): Promise<boolean> {
    const { rows } =
      await sql<Row>`select position, id, body from outbox order by position limit ${batch}`.execute(
        this.options.db,
      );
    const gone: number[] = [];
    try {
      for (const row of rows) {
        if (this.stopped && gone.length > 0) break;
        await this.options.publish(row.id, row.body);
        gone.push(row.position);
      }
    } finally {
      if (gone.length > 0)
        await sql`delete from outbox where position = any(${gone}::bigint[])`.execute(
          this.options.db,
        );
    }
    return rows.length === batch && !this.stopped;
  }
}
