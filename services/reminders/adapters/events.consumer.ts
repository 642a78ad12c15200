import { meshEventSchema } from '#libs/contracts/mesh-event.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Delivery, Outcome } from '#libs/nats/delivery.js';
import { caseEventOf } from '../domain/case-event.js';
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
 * Follows EVENTS: what moves a reminder goes into the schedule before it is acknowledged; the rest is passed over. Several instances
 * may follow side by side, for neither order nor repeats matter to the schedule.
 */
export function followEvents({ schedule, setTimers, onRefused }: EventsHandlerOptions): (delivery: Delivery) => Promise<Outcome> {
  return async ({ data }) => {
    const event = parseEvent(data);
    if (event.sender === remindersParty) {
      if (event.type === typeOf('reminder.due') && event.verdict === 'refused') onRefused(event.reason ?? 'no reason given');
      return { kind: 'ack' };
    }
    const told = caseEventOf(event);
    if (told !== undefined) setTimers(await schedule.record(told));
    return { kind: 'ack' };
  };
}

/** @throws MeshError `malformed-json`, `malformed-message`: nothing of what was read stands in it */
function parseEvent(data: Uint8Array): MeshEvent {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    throw new MeshError('malformed-json', 'the event is not JSON');
  }
  const parsed = meshEventSchema.safeParse(json);
  if (!parsed.success) throw new MeshError('malformed-message', `the event is wrong at ${String(parsed.error.issues[0]?.path.join('.'))}`);
  return parsed.data;
}
