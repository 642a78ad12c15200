import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '#libs/clock/clock.js';
import { isOfficeHour } from '#libs/calendar/office-hours.js';
import type { StepClocks } from '../domain/due-date.js';
import { tellHeirs } from './heirs.chore.js';
import { tellLateAnswers } from './late.chore.js';
import { chaseOverdue } from './overdue.chore.js';
import type { RouterTables } from './router-tables.js';

export interface DaySweepOptions {
  readonly db: Kysely<RouterTables>;
  readonly clock: Clock;
  readonly clocks: StepClocks;
  /** By the mesh's clock; in real time between half a second and this. */
  readonly everySeconds: number;
  /** False while events that were recorded long ago are still being read: a step they close is not overdue. */
  readonly isCaughtUp: () => boolean;
  /** After a commit that put something into the outbox. */
  readonly onTold: () => void;
  /** After each sweep of which nothing failed. */
  readonly onSwept: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** A part of the day's work, in a transaction of its own. @returns how much was done; 0 when nothing is left */
type Chore = (tx: Transaction<RouterTables>, now: Date) => Promise<number>;

const leastDelayMs = 500;
/** How soon to ask again whether the events are read. */
const behindDelayMs = 1_000;

/**
 * What the clock brings about: answers that are late, steps that are overdue, people who are away from today. It all chases, so it waits
 * for office hours. Several instances may sweep: each thing is taken by one, and told once.
 */
export class DaySweep {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;
  private isStopped = false;
  private unwatch: (() => void) | undefined;
  private readonly chores: readonly Chore[];

  constructor(private readonly options: DaySweepOptions) {
    const { clocks } = options;
    this.chores = [
      tellHeirs,
      (tx, now) => tellLateAnswers(tx, now, clocks),
      (tx, now) => chaseOverdue(tx, now, clocks.holidays),
    ];
  }

  start(): void {
    this.unwatch ??= this.options.clock.onChanged(() => this.wake());
    this.wake();
  }

  /** Waits for the sweep under way. Idempotent. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.unwatch?.();
    clearTimeout(this.timer);
    await this.running;
  }

  /** A clock that is moved during a sweep asks for another: the chores done before the move saw the old day. */
  private wake(): void {
    if (this.isStopped) return;
    this.isWanted = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  private async run(): Promise<void> {
    clearTimeout(this.timer);
    let delayMs = behindDelayMs;
    while (this.isWanted && !this.isStopped) {
      this.isWanted = false;
      delayMs = await this.round();
    }
    if (!this.isStopped) this.timer = setTimeout(() => this.wake(), delayMs);
  }

  /** @returns in how many real ms to come again */
  private async round(): Promise<number> {
    const { clock, everySeconds, isCaughtUp } = this.options;
    if (!isCaughtUp()) return behindDelayMs;
    await this.sweep();
    const next = new Date(clock.now().getTime() + everySeconds * 1_000);
    return Math.min(Math.max(clock.realDelayMs(next), leastDelayMs), everySeconds * 1_000);
  }

  /** One chore that fails keeps no other from its work. */
  private async sweep(): Promise<void> {
    let hasFailed = false;
    for (const chore of this.chores)
      await this.workOff(chore).catch((error: unknown) => {
        hasFailed = true;
        this.options.onTrouble(error);
      });
    if (!hasFailed) this.options.onSwept();
  }

  private async workOff(chore: Chore): Promise<void> {
    const { db, clock, clocks, onTold } = this.options;
    for (let done = 1; done > 0 && !this.isStopped;) {
      const now = clock.now();
      if (!isOfficeHour(now, clocks.holidays)) return;
      done = await db.transaction().execute((tx) => chore(tx, now));
      if (done > 0) onTold();
    }
  }
}
