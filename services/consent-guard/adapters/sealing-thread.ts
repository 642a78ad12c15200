import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';

/** What the thread is given: it opens its own connection and reads the key itself. */
export interface SealingTask {
  readonly databaseUrl: string;
  readonly applicationName: string;
  readonly keyFile: string;
}

/** A thread that ended is started again after so long; one that does not end when asked is ended. */
const restartMs = 2_000;
const graceMs = 5_000;

/** The sealer in a thread of its own, so that hashing and signing never hold up a message. */
export class SealingThread {
  private worker: Worker | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  /** @param script the file that the thread runs */
  constructor(
    private readonly script: URL,
    private readonly task: SealingTask,
    private readonly log: Logger,
  ) {}

  start(): void {
    if (this.isStopped || this.worker !== undefined) return;
    const worker = new Worker(this.script, { workerData: this.task });
    this.worker = worker;
    worker.on('message', (err: unknown) =>
      this.log.warn({ err }, 'records could not be sealed now'),
    );
    worker.on('error', (err) => this.log.error({ err }, 'the sealing thread ended'));
    worker.once('exit', () => {
      this.worker = undefined;
      if (!this.isStopped) this.timer = setTimeout(() => this.start(), restartMs);
    });
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    const { worker } = this;
    if (worker === undefined) return;
    const exit = once(worker, 'exit');
    worker.postMessage('stop');
    const deadline = setTimeout(() => void worker.terminate(), graceMs);
    await exit;
    clearTimeout(deadline);
  }
}
