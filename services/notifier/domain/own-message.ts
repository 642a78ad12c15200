import { sourceOf } from '#libs/contracts/mesh-message.js';
import { ownEffectId } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { DeadLetterReport, MailReport } from '#libs/contracts/service-forms.js';

/** A message of the notifier's own, ready for the outbox. */
export interface OwnMessage {
  readonly id: string;
  readonly body: Uint8Array;
}

/** What became of a notice's mail. One message an outcome: told twice, it is the same message. */
export function mailReported(report: MailReport): OwnMessage {
  return own(
    'mail.reported',
    ownEffectId('svc_notifier', report.notice, 'mail.reported', report.outcome),
    report.at,
    report,
  );
}

/** What could not be worked. `cause` is the message's id, or where it lay when it has none. */
export function deadLetterReported(report: DeadLetterReport, cause: string, at: Date): OwnMessage {
  return own(
    'deadletter.reported',
    ownEffectId('svc_notifier', cause, 'deadletter.reported', report.code),
    at.toISOString(),
    report,
  );
}

function own(
  name: 'mail.reported' | 'deadletter.reported',
  id: string,
  time: string,
  data: object,
): OwnMessage {
  const envelope = {
    specversion: '1.0',
    id,
    source: sourceOf('svc_notifier'),
    type: typeOf(name),
    time,
    to: 'mesh',
    data,
  };
  return { id, body: new TextEncoder().encode(JSON.stringify(envelope)) };
}
