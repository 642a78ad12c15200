import type { Clock } from '#libs/clock/clock.js';
import type { LeaseKeeper } from '#libs/postgres/lease-keeper.js';
import type { PutOut } from './schedule.store.js';
import type { TimersQueue } from './timers.queue.js';
import type { UpkeepStore } from './upkeep.store.js';

export interface UpkeepOptions {
  readonly store: UpkeepStore;
  readonly timers: TimersQueue;
  readonly leases: LeaseKeeper;
  readonly clock: Clock;
  readonly fire: (reminder: string) => Promise<PutOut>;
  /** Days after which a case of which nothing is to come is forgotten. */
  readonly forgetAfterDays: number;
  readonly onRebuilt: (timers: number, moved: number) => void;
  readonly onTrouble: (error: unknown) => void;
}

const tickMs = 2_000;
/** So long a due reminder is left to its timer; then the upkeep puts it out itself. */
const graceMs = 5_000;
const dayMs = 24 * 3_600_000;
const lease = 'upkeep';

/**
 * Keeps the timers to the schedule, by one instance at a time. Every 2 s: what is overdue, because its timer was lost or the worker
 * idles, is put out. At start, once a day, when the clock was moved, when Redis is back or was emptied: all timers are set from the
 * schedule, after the schedule's times were computed anew.
 */
export class Upkeep {
  private tick: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private unwatch: (() => void) | undefined;
  /** When all timers were last set, on performance.now(); undefined = they are to be set. */
  private rebuiltAt: number | undefined;
  private isClockMoved = false;

  constructor(private readonly options: UpkeepOptions) {}

  start(): void {
    if (this.stopped || this.tick !== undefined) return;
    this.unwatch = this.options.clock.onChanged(() => {
      this.isClockMoved = true;
      this.rebuildSoon();
    });
    this.tick = setInterval(() => this.wake(), tickMs);
    this.wake();
  }

  /** All timers are to be set anew. */
  rebuildSoon(): void {
    this.rebuiltAt = undefined;
    this.wake();
  }

  /** Ends after the round under way. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.tick);
    this.unwatch?.();
    await this.running;
  }

  private wake(): void {
    if (this.stopped || this.tick === undefined) return;
    this.again = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      await this.round().catch(this.options.onTrouble);
    }
  }

  private async round(): Promise<void> {
    const { leases, timers, store } = this.options;
    if (!(await leases.acquire(lease))) {
      this.rebuiltAt = undefined; // whoever takes over later begins with all timers
      return;
    }
    for (const reminder of await store.overdue(graceMs)) {
      if (this.stopped) return;
      await this.options.fire(reminder).catch(this.options.onTrouble);
    }
    if (timers.isReady() && (await this.isRebuildDue())) await this.rebuild();
  }

  private async isRebuildDue(): Promise<boolean> {
    if (this.rebuiltAt === undefined || performance.now() - this.rebuiltAt >= dayMs) return true;
    return !(await this.options.timers.areSet());
  }

  private async rebuild(): Promise<void> {
    const { store, timers } = this.options;
    const startedAt = performance.now();
    const isClockMoved = this.isClockMoved;
    this.isClockMoved = false;
    // Whatever happens from here on asks for another rebuild.
    this.rebuiltAt = startedAt;
    try {
      if (isClockMoved) await timers.clear();
      let count = 0;
      let movedCount = 0;
      for await (const page of store.scheduled()) {
        if (page.moved.length > 0) await timers.move(page.moved);
        await timers.set(page.timers);
        count += page.timers.length;
        movedCount += page.moved.length;
        if (this.stopped) return;
      }
      await timers.markSet();
      await store.forget(this.options.forgetAfterDays);
      this.options.onRebuilt(count, movedCount);
    } catch (error) {
      this.rebuiltAt = undefined;
      this.isClockMoved ||= isClockMoved;
      throw error;
    }
  }
}
