import { guardSource, type DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { effectId, ownDigest } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';

/** Always the same for one cause, holder and case, so that a repeat is recognised. */
export const stopUsingId = (cause: string, holder: string, caseId: string): string =>
  effectId(cause, 'stop-using', `${holder}/${caseId}`);

/** The guard's own instruction to an office that found no trace of the client: what was shared towards it is not kept. It tells nothing. */
export function stopUsingAfter(
  noTrace: GuardRecord,
  caseId: string,
  holder: DirectoryParty,
  nowMs: number,
): GuardRecord {
  const id = stopUsingId(noTrace.id, holder.id, caseId);
  return {
    id,
    ordinal: 0,
    name: 'instruction.stop-using',
    sender: 'guard',
    senderKind: 'guard',
    senderAgency: 'guard',
    to: holder.id,
    recipient: holder.id,
    recipientKind: holder.kind,
    recipientAgency: holder.agency,
    caseId,
    client: noTrace.client,
    actor: undefined,
    time: new Date(nowMs).toISOString(),
    digest: ownDigest(id),
    facts: {},
    cause: noTrace.id,
    consents: [],
    inner: undefined,
    verdict: { kind: 'cleared' },
  };
}

/** The instruction as it is delivered. */
export const stopUsingMessage = ({ id, time, caseId, to }: GuardRecord): DeliveredMessage => ({
  specversion: '1.0',
  id,
  source: guardSource,
  type: typeOf('instruction.stop-using'),
  time,
  ...(caseId === undefined ? {} : { case: caseId }),
  to,
  data: { what: 'stop-using-and-take-off-the-record' },
});
