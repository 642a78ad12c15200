import type { OutboxRelay } from '#libs/outbox/outbox-relay.js';
import type { Timers } from '../domain/timers.js';
import type { Timer } from '../domain/timers.js';
import type { PutOut, ScheduleStore } from './schedule.store.js';

export interface FiringOptions {
  readonly schedule: ScheduleStore;
  readonly relay: OutboxRelay;
  readonly onPutOut: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** What follows a commit of the schedule: the outbox is woken and timers are set. Neither can undo the commit nor is needed for it. */
export class Firing {
  constructor(
    private readonly options: FiringOptions,
    private readonly timers: () => Timers,
  ) {}

  /** Puts a reminder out if it is time. @throws MeshError `store-unavailable` */
  async fire(reminder: string): Promise<PutOut> {
    const outcome = await this.options.schedule.putOut(reminder);
    if (outcome.kind === 'put-out') {
      this.options.onPutOut();
      this.options.relay.wake();
    }
    if (outcome.kind === 'put-out' || outcome.kind === 'over') this.setTimers(outcome.next);
    // A timer's own job puts itself back; where the upkeep found it, there may be none.
    if (outcome.kind === 'put-off') this.setTimers([{ reminder, remindAt: outcome.remindAt }]);
    return outcome;
  }

  /** Timers that cannot be set now are set by the upkeep when Redis is back. */
  setTimers(timers: readonly Timer[]): void {
    this.timers().set(timers).catch(this.options.onTrouble);
  }
}
