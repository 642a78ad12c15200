import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';
import { type Escalation, escalations } from '#libs/contracts/notices.js';
import type { Naming, OpenStep } from './case-state.js';
import { type Directory, findDeputy, findPerson } from './find-person.js';

/** Working days between two levels. */
const betweenLevels = 2;

/** How many levels were told, 0 to 3, and after which day the next one is; undefined when all were. */
export interface Escalated {
  readonly told: number;
  readonly nextAfter: string | undefined;
}

export const notEscalated = (dueOn: string): Escalated => ({ told: 0, nextAfter: dueOn });

/** On whose desk an open step lies. */
export const deskOf = (told: number): Escalation =>
  escalations[Math.max(0, told - 1)] ?? 'team-leader';

/** The next level up, once: the owner when the due day is over, the deputy two working days later, the team leader after two more. */
export function nextLevel({ told, nextAfter }: Escalated, holidays: Holidays): Escalated {
  if (nextAfter === undefined) return { told, nextAfter };
  const isLast = told + 1 >= escalations.length;
  return {
    told: told + 1,
    nextAfter: isLast ? undefined : addWorkingDays(nextAfter, betweenLevels, holidays),
  };
}

/** Who is told at a level, today. */
export function personAt(
  level: Escalation,
  { holder }: OpenStep,
  people: {
    readonly namings: readonly Naming[];
    readonly directory: Directory;
    readonly today: string;
  },
): string {
  const { namings, directory, today } = people;
  const owner = findPerson(holder, namings, directory, today);
  if (level === 'owner') return owner;
  if (level === 'deputy') return findDeputy(owner, holder.party, directory);
  return findPerson({ party: holder.party, who: 'team-leader' }, namings, directory, today);
}
