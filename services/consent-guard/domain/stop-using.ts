import { guardSource, type DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { effectId, ownDigest } from '#libs/contracts/message-id.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import type { GuardRecord } from './guard-record.js';

/** Always the same for one cause, holder and case, so that a repeat is recognised. */
export const stopUsingId = (cause: string, holder: string, caseId: string): string =>
  effectId(cause, 'stop-using', `${holder}/${caseId}`);

/** The messages with which the guard may record an instruction of its own. */
const instructing: ReadonlySet<MessageName> = new Set([
  'tpr2.no-trace',
  'appointment.attended',
  'appointment.did-not-attend',
]);

/** The id of the instruction that is recorded with this message, where there is one. It comes again with the message. */
export const instructionWith = (
  id: string,
  name: MessageName,
  caseId: string | undefined,
): string | undefined =>
  caseId !== undefined && instructing.has(name) ? stopUsingId(id, 'with', caseId) : undefined;

/** Whom the guard tells to stop using something, and because of which message of which case. */
export interface Instruction {
  readonly cause: GuardRecord;
  readonly caseId: string;
  readonly holder: Pick<GuardRecord, 'recipient' | 'recipientKind' | 'recipientAgency'> & {
    readonly recipient: string;
  };
  /** Only this message; else all that was shared under the consent. */
  readonly message?: string;
}

/** The guard's own instruction to keep nothing of what was shared, or of one message. It tells nothing. */
export function stopUsingAfter(
  { cause, caseId, holder, message }: Instruction,
  nowMs: number,
): GuardRecord {
  const id = instructionWith(cause.id, cause.name, caseId) ?? '';
  return {
    id,
    ordinal: 0,
    name: 'instruction.stop-using',
    sender: 'guard',
    senderKind: 'guard',
    senderAgency: 'guard',
    to: holder.recipient,
    recipient: holder.recipient,
    recipientKind: holder.recipientKind,
    recipientAgency: holder.recipientAgency,
    caseId,
    client: cause.client,
    actor: undefined,
    time: new Date(nowMs).toISOString(),
    digest: ownDigest(id),
    facts: message === undefined ? {} : { message },
    cause: cause.id,
    consents: [],
    inner: undefined,
    verdict: { kind: 'cleared' },
  };
}

/** The instruction as it is delivered. */
export const stopUsingMessage = ({
  id,
  time,
  caseId,
  to,
  facts,
}: GuardRecord): DeliveredMessage => ({
  specversion: '1.0',
  id,
  source: guardSource,
  type: typeOf('instruction.stop-using'),
  time,
  ...(caseId === undefined ? {} : { case: caseId }),
  to,
  data: { what: 'stop-using-and-take-off-the-record', ...facts },
});
