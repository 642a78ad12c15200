/**
 * The mesh's time. Everything that stamps, compares or waits asks it, never Date.now(). In production it is the system's clock; locally
 * it may run fast or be moved, for all services alike.
 */
export abstract class Clock {
  abstract now(): Date;

  /** A real instant (the database's now(), the broker's timestamp) in mesh time: the same function that now() applies. */
  abstract fromReal(real: Date): Date;

  /**
   * Real milliseconds from the mesh instant `from` (default: now) until the clock shows `until`: 0 when it already does, Infinity when
   * the clock stands still.
   */
  abstract realDelayMs(until: Date, from?: Date): number;

  /** Calls back when the clock was moved or its pace changed. Gives the function that ends it. */
  abstract onChanged(listener: () => void): () => void;

  /** Ends watching. Idempotent. */
  abstract stop(): void;
}
