import { londonDate } from '#libs/calendar/london-time.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { isPartyId } from '#libs/contracts/party.js';
import type { Naming } from './case-state.js';
import { localDay } from './due-date.js';

/** Who sends one of these holds the case at the sender until another is named. */
const begins: ReadonlySet<MessageName> = new Set([
  'referral.requested',
  'careplan.agreed',
  'tpr2.shared',
]);

/**
 * Who holds the case, after one more message. A naming counts from the day it says, but never from before it was recorded: a name
 * that is sent late holds from now on.
 */
export function namingsOf(
  namings: readonly Naming[],
  event: MeshEvent,
  name: MessageName,
): readonly Naming[] {
  const recorded = londonDate(new Date(event.recordedAt));
  const from = localDay(event.facts['from']);
  const since = from !== undefined && from > recorded ? from : recorded;
  const named = (person: unknown, parties: readonly string[], day = recorded): readonly Naming[] =>
    typeof person === 'string'
      ? [
          ...namings,
          ...parties
            .filter(isPartyId)
            .map((party) => ({ party, person, since: day, seq: event.seq })),
        ]
      : namings;

  if (name === 'case.caseworker-named') return named(event.facts['person'], [event.sender], since);
  if (name === 'referral.acknowledged') return named(event.facts['keyworker'], [event.sender]);
  if (name === 'tpr2.passed-to-adviser')
    return named(event.facts['adviser'], [...new Set([event.sender, event.to])]);
  const isFirst = !namings.some(({ party }) => party === event.sender);
  return begins.has(name) && isFirst ? named(event.actor, [event.sender]) : namings;
}
