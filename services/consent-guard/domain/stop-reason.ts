import type { StopReason } from '#libs/contracts/verdict.js';
import type { GuardRecord } from './guard-record.js';

/**
 * Why a message is stopped that a client's decision took back before it was collected. `by`: the agency that recorded the decision. Its own
 * messages say so. To another sender a message that was cleared stands as it was, and one that waited for a route reads as any message for
 * which there is no consent: a sender must not learn of a decision that was recorded elsewhere.
 */
export function stopReasonFor(
  { senderAgency, senderKind, verdict }: GuardRecord,
  { by, isLimited }: { readonly by: string | undefined; readonly isLimited: boolean },
): StopReason {
  if (senderAgency === by || senderKind === 'service')
    return isLimited ? 'consent-changed' : 'withdrawn';
  if (verdict.kind === 'waiting') return 'no-consent-on-record';
  return isLimited ? 'limited-elsewhere' : 'withdrawn-elsewhere';
}
