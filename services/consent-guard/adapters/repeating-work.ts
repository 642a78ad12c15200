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

  constructor(private readonly options: RepeatingWorkOptions) {}

  start(): void {
    this.timer ??= setInterval(() => this.wake(), this.options.everyMs);
  }

  /** Now, unless it is under way. */
  wake(): void {
    const { run, log, failure } = this.options;
    this.running ??= run()
      .then(() => undefined)
      .catch((error: unknown) => log.warn({ err: error }, failure))
      .finally(() => (this.running = undefined));
  }

  /** Waits for the run under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
