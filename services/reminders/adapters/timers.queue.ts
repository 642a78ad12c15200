import { DelayedError, Queue, Worker } from 'bullmq';
import type { Job } from 'bullmq';
import { Redis } from 'ioredis';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { Timers } from '../domain/timers.js';
import type { Timer } from '../domain/timers.js';
import type { PutOut } from './schedule.store.js';

export interface TimersQueueOptions {
  readonly redisUrl: string;
  readonly clock: Clock;
  /** Called at a timer's time, perhaps again for the same reminder. A throw is tried again, a few times. */
  readonly fire: (reminder: string) => Promise<PutOut>;
  /** Redis can be reached again, or for the first time: what it lost is to be set anew. */
  readonly onReady: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Neither name tells what the queue is for; job ids are random, jobs have no data. */
const queueName = 'reminders';
const prefix = 'throughcare';
/** Stands in Redis while the timers that were set do: gone with them when Redis is emptied. */
const markerKey = `${prefix}:reminders-set`;
const jobOptions = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 5,
  backoff: { type: 'exponential', delay: 1_000 },
};
const concurrency = 16;
/** What was put back is not asked for again sooner, so that clocks a moment apart do not make a busy loop. */
const leastPutBackMs = 100;

/**
 * Timers as delayed jobs of BullMQ in Redis: one a reminder, its id the reminder's, without data. Redis may lose them at any time; while it
 * is away every call fails at once, for the schedule does not wait for it.
 */
export class TimersQueue extends Timers {
  private readonly client: Redis;
  private readonly workerClient: Redis;
  private readonly queue: Queue;
  private readonly worker: Worker;

  constructor(private readonly options: TimersQueueOptions) {
    super();
    const retryStrategy = (times: number): number => Math.min(times * 100, 2_000);
    this.client = new Redis(options.redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 30_000,
      retryStrategy,
    });
    this.workerClient = new Redis(options.redisUrl, { maxRetriesPerRequest: null, retryStrategy });
    this.client.on('error', options.onTrouble);
    this.workerClient.on('error', options.onTrouble);
    this.client.on('ready', options.onReady);
    this.queue = new Queue(queueName, {
      connection: this.client,
      prefix,
      defaultJobOptions: jobOptions,
    });
    this.queue.on('error', options.onTrouble);
    const work = (job: Job, token?: string): Promise<void> => this.work(job, token);
    this.worker = new Worker(queueName, work, {
      connection: this.workerClient,
      prefix,
      concurrency,
      autorun: false,
    });
    this.worker.on('error', options.onTrouble);
    this.worker.on('failed', (_job, error) => options.onTrouble(error));
  }

  start(): void {
    this.worker.run().catch(this.options.onTrouble);
  }

  isReady(): boolean {
    return this.client.status === 'ready' && this.workerClient.status === 'ready';
  }

  override async set(timers: readonly Timer[]): Promise<void> {
    const jobs = timers.flatMap(({ reminder, remindAt }) => {
      const delay = this.delayMs(remindAt);
      return delay === undefined
        ? []
        : [{ name: 'due', data: {}, opts: { jobId: reminder, delay } }];
    });
    if (jobs.length > 0) await this.reach(() => this.queue.addBulk(jobs));
  }

  override async move(timers: readonly Timer[]): Promise<void> {
    for (const { reminder, remindAt } of timers) {
      const delay = this.delayMs(remindAt);
      const job = await this.reach(() => this.queue.getJob(reminder));
      // One that is at work or waits to be is asked of the schedule anyway.
      if (job !== undefined && delay !== undefined && (await this.reach(() => job.isDelayed())))
        await this.reach(() => job.changeDelay(delay));
    }
    await this.set(timers);
  }

  /** Forgets all timers, for a clock that was moved: each is then set anew. @throws MeshError `timer-unavailable` */
  async clear(): Promise<void> {
    await this.reach(() => this.queue.drain(true));
  }

  /** Notes that all timers are set. @throws MeshError `timer-unavailable` */
  async markSet(): Promise<void> {
    await this.reach(() => this.client.set(markerKey, '1'));
  }

  /** False when Redis was emptied since `markSet`. @throws MeshError `timer-unavailable` */
  async areSet(): Promise<boolean> {
    return (await this.reach(() => this.client.exists(markerKey))) === 1;
  }

  /** Takes no more jobs, waits for those at work. Idempotent; also while Redis is away. */
  async stop(): Promise<void> {
    const isThere = this.isReady();
    await this.worker.close(!isThere).catch(this.options.onTrouble);
    if (isThere) await this.queue.close().catch(this.options.onTrouble);
    this.client.disconnect();
    this.workerClient.disconnect();
  }

  private async work(job: Job, token: string | undefined): Promise<void> {
    const outcome = await this.options.fire(job.id ?? '');
    if (outcome.kind !== 'early' && outcome.kind !== 'put-off') return;
    const delay = this.delayMs(outcome.remindAt, outcome.now);
    if (delay === undefined) return; // the clock stands still: set again when it moves
    await job.moveToDelayed(Date.now() + Math.max(leastPutBackMs, delay), token);
    throw new DelayedError();
  }

  private delayMs(remindAt: Date, from?: Date): number | undefined {
    const delay = this.options.clock.realDelayMs(remindAt, from);
    return Number.isFinite(delay) ? Math.ceil(delay) : undefined;
  }

  private async reach<T>(work: () => Promise<T>): Promise<T> {
    // BullMQ would wait for a connection that was never made.
    if (this.client.status !== 'ready')
      throw new MeshError('timer-unavailable', 'the timers are not reachable at present');
    try {
      return await work();
    } catch (error) {
      throw new MeshError('timer-unavailable', 'the timers are not reachable at present', {
        cause: error,
      });
    }
  }
}
