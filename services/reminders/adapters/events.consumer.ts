import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { caseEventOf } from '../domain/read-case-event.js';
import { remindersParty } from '../domain/reminder-due.js';
import type { Timer } from '../domain/timers.js';
import type { ScheduleStore } from './schedule.store.js';

export interface EventsHandlerOptions {
  readonly schedule: ScheduleStore;
  readonly setTimers: (timers: readonly Timer[]) => void;
  /** The guard refused a reminder that went out: the record and the guard disagree, which a person must look at. */
  readonly onRefused: (reason: string) => void;
}

/**
 * Follows the mesh's events: what moves a reminder goes into the schedule; the rest is passed over. Several instances may follow side by side, for
 * neither order nor repeats matter to the schedule.
 */
export function followEvents({
  schedule,
  setTimers,
  onRefused,
}: EventsHandlerOptions): (event: MeshEvent) => Promise<void> {
  return async (event) => {
    if (event.sender === remindersParty) {
      if (event.type === typeOf('reminder.due') && event.verdict === 'refused')
        onRefused(event.reason ?? 'no reason given');
      return;
    }
    const told = caseEventOf(event);
    if (told !== undefined) setTimers(await schedule.record(told));
  };
}
