import type { QueryExecutorProvider } from 'kysely';
import { forgetSeen } from './claim-once.js';

export interface SeenSweepOptions {
  readonly db: QueryExecutorProvider;
  /** Longer than any stream keeps its messages: after that the same message cannot come again. */
  readonly days: number;
  /** Default: an hour. */
  readonly everyMs?: number;
  readonly onTrouble: (error: unknown) => void;
}

const hourMs = 3_600_000;

/** Lets go, now and then, of the ids of messages taken in long ago. */
export class SeenSweep {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: SeenSweepOptions) {}

  start(): void {
    this.timer ??= setInterval(() => {
      this.running = this.sweep();
    }, this.options.everyMs ?? hourMs);
  }

  /** Waits for the sweep under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async sweep(): Promise<void> {
    const { db, days, onTrouble } = this.options;
    await forgetSeen(db, days).catch(onTrouble);
  }
}
