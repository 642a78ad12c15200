import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import type { OpenStep, Surroundings, View } from './case-state.js';

type Around = Pick<Surroundings, 'agencyOf' | 'messageOf'>;

/** The no trace that an event is, or that the guard's instruction follows. */
function noTraceOf(event: MeshEvent, { messageOf }: Around): MeshEvent | undefined {
  const told = event.senderKind === 'guard' ? messageOf(event.cause ?? '') : event;
  return nameOfType(told?.type ?? '') === 'tpr2.no-trace' ? told : undefined;
}

/** Where the steps of an office lie now. */
const presentOffice = (party: string, { offices }: Pick<View, 'offices'>): string =>
  offices.get(party) ?? party;

/** The office that had the TPR2 of which no trace was found; where the case has moved since, the present one. */
export const officeWithoutTrace = (
  noTrace: MeshEvent,
  view: Pick<View, 'offices'>,
  { messageOf }: Around,
): string => presentOffice(messageOf(noTrace.cause ?? '')?.to ?? noTrace.sender, view);

/**
 * Whether something may end by an event. No trace, and the instruction after it, end the part of the office that had the TPR2, and what the
 * provider had with that office; the other offices of its agency go on. All else ends for the whole agency.
 */
export function isOfItsPart(
  { holder, other }: Pick<OpenStep, 'holder' | 'other'>,
  event: MeshEvent,
  view: Pick<View, 'offices'>,
  around: Around,
): boolean {
  const noTrace = noTraceOf(event, around);
  if (noTrace === undefined) return true;
  if (around.agencyOf(holder.party) === around.agencyOf(noTrace.sender))
    return presentOffice(holder.party, view) === officeWithoutTrace(noTrace, view, around);
  return [undefined, noTrace.sender, around.messageOf(noTrace.cause ?? '')?.to].includes(other);
}
