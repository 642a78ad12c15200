import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { ownEffectId } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { ReminderDue } from '#libs/contracts/service-forms.js';
import type { Counting, Reminder } from './reminder.js';

export const remindersParty = 'svc_reminders';

/** The id of what goes out for an occurrence: the same whichever instance sends it and however often. A claim anchors two kinds. */
export const reminderDueId = (
  { anchor, kind }: Pick<Counting, 'anchor' | 'kind'>,
  occurrence: number,
): string => ownEffectId(remindersParty, anchor, `reminder-due:${kind}`, occurrence);

/** What goes out when a reminder falls due. */
export function reminderDue(reminder: Reminder, now: Date): MeshEnvelope {
  const { kind, anchor, dueOn, occurrence } = reminder;
  const data: ReminderDue = { reminder: reminder.reminder, kind, anchor, dueOn, occurrence };
  return {
    specversion: '1.0',
    id: reminderDueId(reminder, occurrence),
    source: sourceOf(remindersParty),
    type: typeOf('reminder.due'),
    time: now.toISOString(),
    datacontenttype: 'application/json',
    to: 'mesh',
    data: { ...data },
  };
}
