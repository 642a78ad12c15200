import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';
import { type Escalation, escalations } from '#libs/contracts/notices.js';
import type { OpenStep } from './case-state.js';
import { type People, findDeputy, findOwner, findPerson } from './find-person.js';

/** Working days between two levels. */
const betweenLevels = 2;

/** How many levels were told, 0 to 4, and after which day the next one is; undefined when all were. */
export interface Escalated {
  readonly told: number;
  readonly nextAfter: string | undefined;
}

export const notEscalated = (dueOn: string): Escalated => ({ told: 0, nextAfter: dueOn });

/** The level told last. */
export const levelOf = (told: number): Escalation =>
  escalations[Math.max(0, told - 1)] ?? 'team-leader';

/** On whose desk an open step lies. The manager is told once; the team leader keeps the step. */
export const deskOf = (told: number): Escalation => {
  const level = levelOf(told);
  return level === 'manager' ? 'team-leader' : level;
};

/** The team leader knew, and it is still not done: from now on it is a number of the district's coordinator. */
export const isPastLeader = ({ told }: Escalated): boolean => told === escalations.length;

/**
 * The next level up, once: the owner when the due day is over, the deputy two working days later, the team leader after two more, and after
 * two more the manager.
 */
export function nextLevel({ told, nextAfter }: Escalated, holidays: Holidays): Escalated {
  if (nextAfter === undefined) return { told, nextAfter };
  const isLast = told + 1 >= escalations.length;
  return {
    told: told + 1,
    nextAfter: isLast ? undefined : addWorkingDays(nextAfter, betweenLevels, holidays),
  };
}

/** Who is told at a level, today, of the office that the step belongs to. Undefined: the directory names no manager. */
export function personAt(
  level: Escalation,
  { holder }: Pick<OpenStep, 'holder'>,
  people: People,
): string | undefined {
  const { namings, directory, today } = people;
  const { owner, office } = findOwner(holder, people);
  switch (level) {
    case 'owner':
      return owner;
    case 'deputy':
      return findDeputy(owner, office, directory, today);
    case 'team-leader':
      return findPerson({ party: office, who: 'team-leader' }, namings, directory, today);
    case 'manager':
      return directory.party(office)?.manager;
  }
}
