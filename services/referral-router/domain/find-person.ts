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
export const findPerson = (
  holder: Holder,
  namings: readonly Naming[],
  directory: Directory,
  today: string,
): string => findOwner(holder, { namings, directory, today }).owner;

/** Who has something of a case today, and the office that it belongs to: also while the owner sits elsewhere, and only stands in. */
export interface Owned {
  readonly owner: string;
  readonly office: string;
  /** Who would have it, were they there. */
  readonly standsInFor?: string;
}

/** Who is who today, in a case. */
export interface People {
  readonly namings: readonly Naming[];
  readonly directory: Directory;
  readonly today: string;
}

export function findOwner(holder: Holder, people: People): Owned {
  const { directory, today } = people;
  const party = directory.party(holder.party);
  if (party === undefined) return { owner: holder.actor ?? holder.party, office: holder.party };
  const isColleague = (person: string): boolean =>
    agencyOfPerson(person, directory) === party.agency;
  const isThere = (person: string): boolean =>
    isColleague(person) && isInOffice(directory.person(person), today);
  const named = personNamed(holder, people, party.agency);
  const isLeaders = holder.who === 'team-leader' || holder.who === 'addressee';
  const meant = [...(named === undefined ? [] : [named]), ...(isLeaders ? [party.teamLeader] : [])];
  const office = [party.dutyPerson, party.teamLeader];
  const candidates = [
    ...withDeputies(meant.slice(0, 1), directory),
    ...meant,
    ...office,
    ...withDeputies(office, directory),
  ];
  const owner = candidates.find(isThere) ?? party.teamLeader;
  const [first] = meant;
  return {
    owner,
    office: named === undefined ? party.party : officeOf(named, holder, directory),
    ...(first === undefined || first === owner || !isColleague(first) || isThere(first)
      ? {}
      : { standsInFor: first }),
  };
}

/** The person that a holder means by name, whether or not they are there. */
function personNamed(
  { who, actor }: Holder,
  { namings, directory, today }: People,
  agency: string,
): string | undefined {
  if (who === 'team-leader') return undefined;
  return who === 'caseworker' ? caseworker(namings, agency, directory, today) : actor;
}

const withDeputies = (people: readonly string[], directory: Directory): readonly string[] =>
  people.flatMap((person) => [person, directory.person(person)?.deputy ?? person]);

function agencyOfPerson(person: string, directory: Directory): string | undefined {
  const sits = directory.person(person)?.party;
  return sits === undefined ? undefined : directory.party(sits)?.agency;
}

/** Where a person sits; the step's own office for who is of no office of that agency. */
function officeOf(person: string, { party }: Holder, directory: Directory): string {
  const sits = directory.person(person)?.party;
  const agency = agencyOfPerson(person, directory);
  return sits !== undefined && agency !== undefined && agency === directory.party(party)?.agency
    ? sits
    : party;
}

/** Whether something of a case is on an office's list: it belongs there, or the one who has it today sits there. */
export const isOnListOf = (
  office: string,
  row: { readonly party: string; readonly owner: string },
  directory: Directory,
): boolean => row.party === office || directory.person(row.owner)?.party === office;

/** Who stands in for a person: their deputy, else the duty person, else the team leader; themselves where there is no other. */
export function findDeputy(
  person: string,
  office: string,
  directory: Directory,
  today: string,
): string {
  return standIns(person, office, directory, today)[0] ?? person;
}

/** Who else of the agency may act where a person cannot, in order: in office, each once, the person left out. */
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
  return [...new Set(candidates as readonly string[])].filter(
    (each) =>
      isInOffice(directory.person(each), today) &&
      agencyOfPerson(each, directory) === party?.agency,
  );
}

/** Of those named at any party of the agency and holding by today, the latest. */
function caseworker(
  namings: readonly Naming[],
  agency: string,
  directory: Directory,
  today: string,
): string | undefined {
  const held = namings.filter(
    ({ party, since }) => since <= today && directory.party(party)?.agency === agency,
  );
  return held.reduce<Naming | undefined>(
    (best, each) => (best === undefined || isLater(each, best) ? each : best),
    undefined,
  )?.person;
}

const isLater = (one: Naming, other: Naming): boolean =>
  one.since === other.since ? one.seq > other.seq : one.since > other.since;
