import { nextOfficeHour } from '#deploy/sample/expected-dates.js';
import { JourneyStage } from '#deploy/sample/journey-stage.js';
import { playStories } from '#deploy/sample/journey.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';
import { isWorkingDay } from '#libs/calendar/working-days.js';
import type { DirectoryFile } from '#services/operator/domain/directory-file.js';
import { PaperMesh } from './paper-mesh.js';

/*
 * The sample's own stories, played on a mesh on paper from each day of two years. The services' decisions and the stories work out the
 * dates apart, each with its own library: where they differ on some day, a step does not come out as expected.
 */

const holidays = bankHolidays('england-and-wales');
/** Taken in turn. With seven days a week each weekday has had each of them after four weeks. */
const hours = ['00:30', '12:00', '14:59', '16:55'];

/** When journeys begin of so many days: offices are closed at night, on weekends, on bank holidays. */
export const openingsOf = (days: readonly string[]): readonly Date[] =>
  days.map((day, n) => nextOfficeHour(londonInstant(day, hours[n % hours.length] ?? '00:30')));

export const daysFrom = (firstDay: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => addDays(firstDay, n));

interface Played {
  /** Steps that did not come out as expected. */
  readonly wrong: readonly string[];
  readonly overdue: readonly string[];
  /** When each message was sent, and to when an appointment was booked or offered. */
  readonly acts: readonly Date[];
  readonly appointments: readonly Date[];
}

async function playFrom(startsAt: Date, directory: DirectoryFile): Promise<Played> {
  const mesh = new PaperMesh(directory, startsAt);
  const acts: Date[] = [];
  const appointments: Date[] = [];
  const edge: PaperMesh['edge'] = {
    ...mesh.edge,
    send: (party, event) => {
      acts.push(new Date(String(event['time'])));
      const { startsAt: at } = event['data'] as { readonly startsAt?: string };
      if (at !== undefined) appointments.push(new Date(at));
      return mesh.edge.send(party, event);
    },
  };
  const { mails, clock, people } = mesh;
  const parts = { edge, mails, clock, people, directory };
  const stage = new JourneyStage({ ...parts, print: () => undefined, stepTimeoutMs: 0 });
  const { steps } = await playStories(stage);
  return {
    wrong: steps.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`),
    overdue: mesh.router.overdue.map(({ step: { step }, person }) => `${step} of ${person}`),
    acts,
    appointments,
  };
}

/** A time at which somebody is at their desk. */
export const isOfficeTime = (at: Date): boolean =>
  isWorkingDay(londonDate(at), holidays) && londonTime(at) >= '09:00' && londonTime(at) < '17:00';

export const isInOrder = (instants: readonly Date[]): boolean =>
  instants.every((at, n) => n === 0 || at >= (instants[n - 1] ?? at));

/** What is wrong with the journey that begins at this instant. */
async function flawsFrom(startsAt: Date, directory: DirectoryFile): Promise<readonly string[]> {
  const { wrong, overdue, acts, appointments } = await playFrom(startsAt, directory);
  return [
    ...wrong,
    ...(overdue.join() === 're-engage of p_wandsworth_adviser_2'
      ? []
      : [`overdue: ${overdue.join()}`]),
    ...acts.filter((at) => !isOfficeTime(at)).map((at) => `sent at ${at.toISOString()}`),
    ...appointments.filter((at) => !isOfficeTime(at)).map((at) => `booked for ${at.toISOString()}`),
    ...(isInOrder(acts) ? [] : ['messages out of order']),
  ].map((flaw) => `${startsAt.toISOString()} ${flaw}`);
}

export const monthOf = (at: Date): string => londonDate(at).slice(0, 7);
export const monthsOf = (openings: readonly Date[]): readonly string[] => [
  ...new Set(openings.map(monthOf)),
];

/** What is wrong with the journeys that begin in a month, each instant once. */
export async function flawsOfMonth(
  month: string,
  openings: readonly Date[],
): Promise<readonly string[]> {
  const directory = await readSampleDirectory();
  const starts = new Set(openings.filter((at) => monthOf(at) === month).map(Number));
  const flaws: string[] = starts.size > 0 ? [] : [`nothing begins in ${month}`];
  for (const start of starts) flaws.push(...(await flawsFrom(new Date(start), directory)));
  return flaws;
}
