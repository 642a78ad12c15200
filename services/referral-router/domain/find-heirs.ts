import { addDays } from '#libs/calendar/local-date.js';
import type { PersonPut } from '#libs/contracts/service-forms.js';
import type { Holder, Naming } from './case-state.js';
import { type Directory, findPerson, isInOffice } from './find-person.js';

/** Days on which a person is not in office, both included; without `until` for good. */
export interface Absence {
  readonly from: string;
  readonly until?: string;
}

/** When a person is away or gone, as the directory says it on `today`. Who has not joined yet leaves nothing behind. */
export function absencesOf(put: PersonPut, today: string): readonly Absence[] {
  if (!put.active) return [{ from: today }];
  const { leavesOn, absentFrom, absentUntil } = put;
  const away = absentFrom ?? (absentUntil === undefined ? undefined : today);
  return [
    ...(leavesOn === undefined ? [] : [{ from: addDays(leavesOn, 1) }]),
    ...(away === undefined
      ? []
      : [{ from: away, ...(absentUntil === undefined ? {} : { until: absentUntil }) }]),
  ];
}

/** Since which day a person is not in office who is away on `today`; undefined where the directory names no day. */
export function absentSince(put: PersonPut | undefined, today: string): string | undefined {
  if (put === undefined || isInOffice(put, today)) return undefined;
  const { leavesOn, absentFrom, absentUntil } = put;
  const days = [
    ...(leavesOn !== undefined && leavesOn < today ? [addDays(leavesOn, 1)] : []),
    ...(absentFrom !== undefined && absentFrom <= today && (absentUntil ?? today) >= today
      ? [absentFrom]
      : []),
  ];
  return days.sort()[0];
}

/** Something that a person of a party has to do in a case. */
export interface Held {
  readonly caseId: string;
  readonly holder: Holder;
}

/**
 * Who has the steps of a person that is not in office: by heir, the cases. A step is theirs if it would be with them were they there. What
 * stays with them, since nobody else is there, has no heir; the operator sees that office (`unattended-offices`).
 */
export function heirsOf(
  person: string,
  held: readonly Held[],
  people: {
    readonly namingsOf: (caseId: string) => readonly Naming[];
    readonly directory: Directory;
    readonly today: string;
  },
): ReadonlyMap<string, readonly string[]> {
  const { namingsOf, directory, today } = people;
  const put = directory.person(person);
  const heirs = new Map<string, Set<string>>();
  if (put === undefined || isInOffice(put, today)) return new Map();
  const {
    joinsOn: _joins,
    leavesOn: _leaves,
    absentFrom: _from,
    absentUntil: _until,
    ...rest
  } = put;
  const asThere: Directory = {
    ...directory,
    person: (id) => (id === person ? { ...rest, active: true } : directory.person(id)),
  };
  for (const { caseId, holder } of held) {
    const namings = namingsOf(caseId);
    if (findPerson(holder, namings, asThere, today) !== person) continue;
    const heir = findPerson(holder, namings, directory, today);
    if (heir === person || !isInOffice(directory.person(heir), today)) continue;
    heirs.set(heir, (heirs.get(heir) ?? new Set()).add(caseId));
  }
  return new Map([...heirs].map(([heir, cases]) => [heir, [...cases].sort()]));
}
