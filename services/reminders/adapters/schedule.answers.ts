import { scheduleAsk } from '#libs/contracts/ask.js';
import type { ScheduledReminder } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { AnswerHandler } from '#libs/nats/answer-server.js';
import type { Reminder } from '../domain/reminder.js';
import type { ScheduleStore } from './schedule.store.js';

/** `answer.svc_reminders.schedule`: what is due when, for the cases that the guard names. */
export function answerSchedule(schedule: ScheduleStore): AnswerHandler {
  return async (payload) => {
    const asked = scheduleAsk.safeParse(payload);
    if (!asked.success)
      throw new MeshError('malformed-message', 'cases must be a list of case ids', {
        field: 'cases',
      });
    return { ok: true, reminders: (await schedule.ofCases(asked.data.cases)).map(shown) };
  };
}

function shown({
  reminder,
  caseId,
  kind,
  anchor,
  party,
  dueOn,
  remindAt,
  occurrence,
  state,
}: Reminder): ScheduledReminder {
  return {
    reminder,
    case: caseId,
    kind,
    anchor,
    party,
    dueOn,
    remindAt: remindAt.toISOString(),
    occurrence,
    state,
  };
}
