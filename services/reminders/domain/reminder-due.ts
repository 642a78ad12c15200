import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { ownEffectId } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { ReminderDue } from '#libs/contracts/service-forms.js';
import type { Reminder } from './reminder.js';

export const remindersParty = 'svc_reminders';

/** What goes out when a reminder falls due. Its id is the same whichever instance sends it and however often. */
export function reminderDue(reminder: Reminder, now: Date): MeshEnvelope {
  const { kind, anchor, dueOn, occurrence } = reminder;
  const data: ReminderDue = { reminder: reminder.reminder, kind, anchor, dueOn, occurrence };
  return {
    specversion: '1.0',
    // A claim anchors two kinds: the kind is part of the effect.
    id: ownEffectId(remindersParty, anchor, `reminder-due:${kind}`, occurrence),
    source: sourceOf(remindersParty),
    type: typeOf('reminder.due'),
    time: now.toISOString(),
    datacontenttype: 'application/json',
    to: 'mesh',
    data: { ...data },
  };
}
