import { findDistrict } from '#libs/contracts/districts.js';
import { isPartyId, isServiceParty, type PartyKind } from '#libs/contracts/party.js';
import type { Directory } from '#libs/contracts/ask.js';
import type { DirectoryFile, FileProblem, PartyEntry, PersonEntry } from './directory-file.js';

interface Known {
  /** Agency of each party, and party of each person: the file's, and those the mesh has already. */
  readonly parties: ReadonlyMap<string, { readonly agency: string; readonly kind: PartyKind }>;
  readonly people: ReadonlyMap<string, string>;
}

const nobody: Directory = { parties: [], people: [] };

/**
 * Everything that is wrong with the references of a directory file, in its order; empty when it can be applied. Names may refer to the
 * file or to what the mesh `has` already. Nobody may be left without a stand-in: every person has a deputy of the same agency, not
 * themselves; every party a duty person and a team leader of its agency.
 */
export function checkDirectory(
  file: DirectoryFile,
  has: Directory = nobody,
): readonly FileProblem[] {
  const known: Known = {
    parties: new Map([
      ...has.parties.map(({ party, agency, kind }) => [party, { agency, kind }] as const),
      ...file.parties.map(({ id, agency, kind }) => [id, { agency, kind }] as const),
    ]),
    people: new Map([
      ...has.people.map(({ person, party }) => [person, party] as const),
      ...file.people.map(({ id, party }) => [id, party] as const),
    ]),
  };
  return [
    ...repeated(file.parties, 'parties'),
    ...repeated(file.people, 'people'),
    ...file.parties.flatMap((party, at) => partyProblems(party, `parties[${at}]`, known)),
    ...file.people.flatMap((person, at) => personProblems(person, `people[${at}]`, known)),
  ];
}

function partyProblems(party: PartyEntry, at: string, known: Known): FileProblem[] {
  const problems: FileProblem[] = [];
  if (!isPartyId(party.id) || isServiceParty(party.id) || party.id.startsWith('svc_'))
    problems.push({
      field: `${at}.id`,
      detail: `${party.id} is not a name that an agency's party may bear`,
    });
  if (party.kind === 'service')
    problems.push({ field: `${at}.kind`, detail: 'the services of the mesh are not entered' });
  party.serves.forEach(({ district }, index) => {
    if (findDistrict(district) === undefined)
      problems.push({
        field: `${at}.serves[${index}].district`,
        detail: `${district} is not a district; write it as west-yorkshire`,
      });
  });
  for (const slot of ['dutyPerson', 'teamLeader', 'manager'] as const) {
    const person = party[slot];
    const detail = person === undefined ? undefined : strangerDetail(person, party.agency, known);
    if (detail !== undefined) problems.push({ field: `${at}.${slot}`, detail });
  }
  return problems;
}

function personProblems(person: PersonEntry, at: string, known: Known): FileProblem[] {
  const party = known.parties.get(person.party);
  if (party === undefined)
    return [{ field: `${at}.party`, detail: `there is no party ${person.party}` }];
  if (person.deputy === person.id)
    return [{ field: `${at}.deputy`, detail: `${person.id} cannot stand in for themselves` }];
  const detail = strangerDetail(person.deputy, party.agency, known);
  return detail === undefined ? [] : [{ field: `${at}.deputy`, detail }];
}

/** Why this person cannot act for the agency, or undefined when they can. */
function strangerDetail(person: string, agency: string, known: Known): string | undefined {
  const party = known.people.get(person);
  if (party === undefined) return `there is no person ${person}`;
  const theirs = known.parties.get(party)?.agency;
  return theirs === agency
    ? undefined
    : `${person} works at another agency (${theirs ?? 'unknown'}, not ${agency})`;
}

function repeated(entries: readonly { readonly id: string }[], list: string): FileProblem[] {
  const seen = new Set<string>();
  return entries.flatMap(({ id }, at) => {
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ field: `${list}[${at}].id`, detail: `${id} stands there twice` }];
  });
}
