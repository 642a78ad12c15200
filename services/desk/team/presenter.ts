import type { WorklistStep } from '#libs/contracts/ask.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Job } from '#libs/contracts/steps.js';
import { type Agency, type Viewer, nameOf } from '../domain/agency.js';
import { dayWords, momentWords } from '../domain/day-words.js';

const leaders: ReadonlySet<Job> = new Set([
  'performance-team-leader',
  'nominated-officer',
  'manager',
]);

/** The board is for those who answer for a team. */
export const isLeader = ({ person }: Viewer): boolean => leaders.has(person.job);

export interface TeamGround {
  readonly viewer: Viewer;
  readonly agency: Agency;
  readonly steps: readonly WorklistStep[];
  readonly now: Date;
  readonly asOf: Date | undefined;
  readonly isThere: boolean;
}

/** Load and overdue by person of the leader's office, those with the most overdue first. */
export function presentTeam({ viewer, agency, steps, now, asOf, isThere }: TeamGround) {
  const today = londonDate(now);
  const own = agency.people.filter(({ office }) => office === viewer.office.id).map(({ id }) => id);
  const people = [...new Set([...own, ...steps.map(({ owner }) => owner)])];
  const rows = people.map((person) => {
    const held = steps.filter(({ owner }) => owner === person);
    const [oldest] = held
      .map(({ dueOn }) => dueOn)
      .toSorted((one, other) => one.localeCompare(other));
    return {
      name: nameOf(agency, person),
      open: held.length,
      overdue: held.filter(({ dueOn }) => dueOn < today).length,
      oldest: oldest === undefined ? '' : dayWords(oldest),
      href: `/today?whose=${person}`,
    };
  });
  return {
    title: 'Team',
    office: viewer.office.name,
    rows: rows.toSorted((one, other) => other.overdue - one.overdue || other.open - one.open),
    asOf: asOf === undefined ? '' : momentWords(asOf.toISOString()),
    isThere,
  };
}
