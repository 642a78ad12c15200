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
 * The party for a message to a role in an area: the area's single point of contact (it knows whom it serves), else the provider that had
 * the case before, else the one with the fewest open cases, else by id. Undefined when nobody serves it: then the sender has the task.
 */
export function chooseRoute(question: RouteQuestion, candidates: readonly RouteCandidate[]): string | undefined {
  const serving = candidates.filter(({ party }) => party.active && party.party !== question.sender && serves(party, question));
  const best = serving
    .filter(({ party }) => party.kind === 'spoc' || party.kind === 'treatment-provider')
    .sort((a, b) => rank(a, question) - rank(b, question) || a.openCases - b.openCases || (a.party.party < b.party.party ? -1 : 1))[0];
  return best?.party.party;
}

function serves(party: PartyPut, { role, district }: RouteQuestion): boolean {
  return party.serves.some((each) => each.role === role && each.district === district);
}

function rank({ party }: RouteCandidate, { previous }: RouteQuestion): number {
  if (party.kind === 'spoc') return 0;
  return party.party === previous ? 1 : 2;
}
