import type { Logger } from 'pino';

export interface RepeatingWorkOptions {
  readonly everyMs: number;
  readonly log: Logger;
  /** What the log says of a run that failed; the next one comes all the same. */
  readonly failure: string;
  readonly run: () => Promise<unknown>;
}

/** Does something every so often, and never twice at once: a run that takes longer is waited for. */
export class RepeatingWork {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;
  private isStopped = false;

  constructor(private readonly options: RepeatingWorkOptions) {}

  start(): void {
    this.timer ??= setInterval(() => this.tick(), this.options.everyMs);
  }

  /** Now. A run that is under way may have looked already, so another follows it. */
  wake(): void {
    if (this.isStopped) return;
    this.isWanted = true;
    this.running ??= this.work().finally(() => (this.running = undefined));
  }

  /** Waits for the run under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  private tick(): void {
    if (this.running === undefined) this.wake();
  }

  private async work(): Promise<void> {
    const { run, log, failure } = this.options;
    while (this.isWanted && !this.isStopped) {
      this.isWanted = false;
      await run().catch((error: unknown) => log.warn({ err: error }, failure));
    }
  }
}
