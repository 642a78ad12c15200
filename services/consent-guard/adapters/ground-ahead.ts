import type { PoolClient } from 'pg';

/** What was read for a batch, with the connection that holds its clients' locks; `stamp`: of the keys it was read under. */
interface Readable {
  readonly db: PoolClient;
  readonly stamp: number;
}

/**
 * What a batch is judged by, being read before its turn has come. It is taken once, by the batch, or let go: until then it holds locks that
 * whoever is before it in turn may need, should they have to begin again.
 */
export class GroundAhead<T extends Readable = Readable> {
  private readonly reading: Promise<T | undefined>;
  private isOver = false;

  constructor(reading: Promise<T>) {
    // What went wrong ahead of time is nobody's failure yet: in its turn the batch reads for itself.
    this.reading = reading.catch(() => undefined);
  }

  /** @returns undefined where it was let go, could not be read, or was read under other keys: to be read anew */
  async taken(stamp: number): Promise<T | undefined> {
    if (this.isOver) return undefined;
    this.isOver = true;
    const ground = await this.reading;
    if (ground === undefined || ground.stamp === stamp) return ground;
    ground.db.release(true);
    return undefined;
  }

  /** Lets go of the locks, at once or as soon as they are there. Idempotent; nothing where it was taken. */
  async letGo(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    (await this.reading)?.db.release(true);
  }
}
