import type { AreaRole } from '#libs/contracts/address.js';
import type { PartyPut } from '#libs/contracts/service-forms.js';

export interface RouteQuestion {
  readonly role: AreaRole;
  readonly district: string;
  readonly sender: string;
  /** The provider that had this case before. */
  readonly previous?: string | undefined;
}

export interface RouteCandidate {
  readonly party: PartyPut;
  readonly openCases: number;
}

/**
 * The parties for a message to a role in an area, the best first: the area's single point of contact (it knows whom it serves), then the
 * provider that had the case before, then by fewest open cases, then by id. The guard takes the first that the client's consent names: the
 * router does not know consents. None when nobody serves it: then the sender has the task.
 */
export function rankRoutes(
  question: RouteQuestion,
  candidates: readonly RouteCandidate[],
): readonly string[] {
  const serving = candidates.filter(
    ({ party }) => party.active && party.party !== question.sender && serves(party, question),
  );
  return serving
    .filter(({ party }) => party.kind === 'spoc' || party.kind === 'treatment-provider')
    .sort(
      (a, b) =>
        rank(a, question) - rank(b, question) ||
        a.openCases - b.openCases ||
        (a.party.party < b.party.party ? -1 : 1),
    )
    .map(({ party }) => party.party);
}

function serves(party: PartyPut, { role, district }: RouteQuestion): boolean {
  return party.serves.some((each) => each.role === role && each.district === district);
}

function rank({ party }: RouteCandidate, { previous }: RouteQuestion): number {
  if (party.kind === 'spoc') return 0;
  return party.party === previous ? 1 : 2;
}
