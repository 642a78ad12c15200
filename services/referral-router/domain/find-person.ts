import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { Holder, Naming } from './case-state.js';

/** The directory, as far as it was looked up. */
export interface Directory {
  readonly party: (id: string) => PartyPut | undefined;
  readonly person: (id: string) => PersonPut | undefined;
}

/**
 * Who it is today. A caseworker is who was named last at that agency for the case; whoever is inactive, unknown or of another agency is
 * passed over for the party's duty person, then its team leader. Never nobody: where the directory knows no one active, the team leader
 * it names, and for a party it does not know at all the actor or the party's own id, which stands on the worklist until it does.
 * @param today the day in London, `YYYY-MM-DD`
 */
export function findPerson(
  holder: Holder,
  namings: readonly Naming[],
  directory: Directory,
  today: string,
): string {
  const party = directory.party(holder.party);
  if (party === undefined) return holder.actor ?? holder.party;
  const isThere = (person: string): boolean => {
    const found = directory.person(person);
    return found?.active === true && directory.party(found.party)?.agency === party.agency;
  };
  const first = {
    caseworker: () => caseworkers(namings, party.agency, directory, today),
    'team-leader': () => [party.teamLeader],
    actor: () => (holder.actor === undefined ? [] : [holder.actor]),
    addressee: () => [...(holder.actor === undefined ? [] : [holder.actor]), party.teamLeader],
  }[holder.who]();
  return [...first, party.dutyPerson, party.teamLeader].find(isThere) ?? party.teamLeader;
}

/** Who stands in for a person: their deputy, else the duty person, else the team leader; themselves where there is no other. */
export function findDeputy(person: string, atParty: string, directory: Directory): string {
  return standIns(person, atParty, directory)[0] ?? person;
}

/** Who else may act where a person cannot, in order: active, each once, the person left out. */
export function standIns(person: string, atParty: string, directory: Directory): readonly string[] {
  const party = directory.party(atParty);
  const deputy = directory.person(person)?.deputy;
  const candidates = [deputy, party?.dutyPerson, party?.teamLeader].filter(
    (each) => each !== undefined && each !== person,
  );
  return [...new Set(candidates as readonly string[])].filter(
    (each) => directory.person(each)?.active === true,
  );
}

/** Of those named at any party of the agency and holding by today, the latest. */
function caseworkers(
  namings: readonly Naming[],
  agency: string,
  directory: Directory,
  today: string,
): readonly string[] {
  const held = namings.filter(
    ({ party, since }) => since <= today && directory.party(party)?.agency === agency,
  );
  const latest = held.reduce<Naming | undefined>(
    (best, each) => (best === undefined || isLater(each, best) ? each : best),
    undefined,
  );
  return latest === undefined ? [] : [latest.person];
}

const isLater = (one: Naming, other: Naming): boolean =>
  one.since === other.since ? one.seq > other.seq : one.since > other.since;
