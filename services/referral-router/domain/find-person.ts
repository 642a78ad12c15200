import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { Holder, Naming } from './case-state.js';

/** The directory, as far as it was looked up. */
export interface Directory {
  readonly party: (id: string) => PartyPut | undefined;
  readonly person: (id: string) => PersonPut | undefined;
}

/** Whether a person is at work on a day, `YYYY-MM-DD` in London: active, joined, not left, not away. Each day named is included. */
export function isInOffice(put: PersonPut | undefined, today: string): boolean {
  if (put?.active !== true) return false;
  const { joinsOn, leavesOn, absentFrom, absentUntil } = put;
  const isAway =
    absentFrom === undefined
      ? absentUntil !== undefined && today <= absentUntil
      : today >= absentFrom && (absentUntil === undefined || today <= absentUntil);
  return (
    !isAway &&
    (joinsOn === undefined || today >= joinsOn) &&
    (leavesOn === undefined || today <= leavesOn)
  );
}

/**
 * Who it is today. A caseworker is who was named last at that agency for the case. Who is not in office, unknown or of another agency is
 * passed over for their deputy, then the party's duty person, its team leader, and the deputies of these. Never nobody: where no one is in
 * office, the team leader whom the directory names, and for a party it does not know at all the actor or the party's own id, which stands
 * on the worklist until it does.
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
    return isInOffice(found, today) && directory.party(found?.party ?? '')?.agency === party.agency;
  };
  const actor = holder.actor === undefined ? [] : [holder.actor];
  const meant = {
    caseworker: () => caseworkers(namings, party.agency, directory, today),
    'team-leader': () => [party.teamLeader],
    actor: () => actor,
    addressee: () => [...actor, party.teamLeader],
  }[holder.who]();
  const office = [party.dutyPerson, party.teamLeader];
  return (
    [
      ...withDeputies(meant.slice(0, 1), directory),
      ...meant,
      ...office,
      ...withDeputies(office, directory),
    ].find(isThere) ?? party.teamLeader
  );
}

const withDeputies = (people: readonly string[], directory: Directory): readonly string[] =>
  people.flatMap((person) => [person, directory.person(person)?.deputy ?? person]);

/** Where a person sits; the step's own office for who is of no office of that agency. */
export function officeOf(person: string, { party }: Holder, directory: Directory): string {
  const sits = directory.person(person)?.party;
  const agency = sits === undefined ? undefined : directory.party(sits)?.agency;
  return agency !== undefined && agency === directory.party(party)?.agency && sits !== undefined
    ? sits
    : party;
}

/** Who stands in for a person: their deputy, else the duty person, else the team leader; themselves where there is no other. */
export function findDeputy(
  person: string,
  office: string,
  directory: Directory,
  today: string,
): string {
  return standIns(person, office, directory, today)[0] ?? person;
}

/** Who else may act where a person cannot, in order: in office, each once, the person left out. */
export function standIns(
  person: string,
  office: string,
  directory: Directory,
  today: string,
): readonly string[] {
  const party = directory.party(office);
  const deputy = directory.person(person)?.deputy;
  const candidates = [deputy, party?.dutyPerson, party?.teamLeader].filter(
    (each) => each !== undefined && each !== person,
  );
  return [...new Set(candidates as readonly string[])].filter((each) =>
    isInOffice(directory.person(each), today),
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
