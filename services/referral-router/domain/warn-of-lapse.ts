import { type Directory, isInOffice } from './find-person.js';

/**
 * Who is warned that a local sharing agreement lapses: of each of its two offices the manager, or else the team leader; where that person is
 * away, whoever stands in. An office that is not active any more is passed over.
 */
export function warnedOfLapse(
  offices: readonly string[],
  directory: Directory,
  today: string,
): readonly string[] {
  return offices.flatMap((office) => {
    const party = directory.party(office);
    if (party?.active !== true) return [];
    const first = party.manager ?? party.teamLeader;
    const inOrder = [
      first,
      directory.person(first)?.deputy ?? first,
      party.teamLeader,
      party.dutyPerson,
    ];
    return [inOrder.find((person) => isInOffice(directory.person(person), today)) ?? first];
  });
}
