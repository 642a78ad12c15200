import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { isPartyId } from '#libs/contracts/party.js';
import type { Holder, Surroundings, View } from './case-state.js';

/**
 * A case goes to another office of the agency: what the former office has to do and waits for goes with it, also what messages to the
 * former office open from now on. Nobody of the former office holds the case any more; the new one names somebody, until then its duty
 * person acts. A case that comes back comes back whole.
 */
export function moveOffice(view: View, { sender, to }: MeshEvent, around: Surroundings): View {
  if (!isPartyId(to) || sender === to || around.agencyOf(sender) !== around.agencyOf(to))
    return view;
  const moved = <T extends { readonly holder: Holder }>(row: T): T =>
    row.holder.party === sender ? { ...row, holder: holderAt(to, row.holder) } : row;
  const offices = new Map(
    [...view.offices, [sender, to] as const].map(
      ([from, present]) => [from, present === sender ? to : present] as const,
    ),
  );
  offices.delete(to);
  return {
    ...view,
    offices,
    sharedAt: new Set([...view.sharedAt].map((office) => (office === sender ? to : office))),
    steps: view.steps.map(moved),
    waits: view.waits.map(moved),
    namings: view.namings.filter(({ party }) => around.agencyOf(party) !== around.agencyOf(to)),
  };
}

/** The same task at another office: a person who was named by the message is not there. */
const holderAt = (party: string, { who }: Holder): Holder => ({
  party,
  who: who === 'actor' ? 'caseworker' : who,
});
