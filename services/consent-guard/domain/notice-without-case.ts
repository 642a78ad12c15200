import type { Notice } from '#libs/contracts/service-forms.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { recordOf } from './record-of.js';

const toNotifier = {
  recipient: 'svc_notifier',
  recipientKind: 'service',
  recipientAgency: 'svc_notifier',
} as const;

/** A notice that is about an entry of the directory goes to the notifier: it rests on no consent, and names no client. */
export function passNotice(
  incoming: Incoming,
  sender: DirectoryParty,
  grounds: Pick<GuardRecord, 'cause' | 'facts'>,
  notice: Notice,
): Decision {
  const record = recordOf(incoming, sender, {
    ...grounds,
    ...toNotifier,
    verdict: { kind: 'cleared' },
  });
  const { caseref: _none, ...open } = incoming.read.envelope;
  const message = { ...open, data: notice };
  return {
    record,
    effects: [{ kind: 'deliver', id: record.id, recipient: toNotifier.recipient, message }],
    others: [],
  };
}
