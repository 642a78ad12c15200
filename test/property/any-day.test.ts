import { beforeAll, describe, expect, it } from '@jest/globals';
import { nextOfficeHour } from '#deploy/sample/expected-dates.js';
import { JourneyStage } from '#deploy/sample/journey-stage.js';
import { playStories } from '#deploy/sample/journey.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays, daysBetween } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant, londonTime } from '#libs/calendar/london-time.js';
import { isWorkingDay } from '#libs/calendar/working-days.js';
import type { DirectoryFile } from '#services/operator/domain/directory-file.js';
import { allow } from '#test/support/pace.js';
import { PaperMesh } from '#test/support/paper-mesh.js';

/*
 * The sample's own stories, played on a mesh on paper from each day of two years. The services' decisions and the stories work out the
 * dates apart, each with its own library: where they differ on some day, a step does not come out as expected.
 */

const holidays = bankHolidays('england-and-wales');
const firstDay = '2026-07-01';
/** To 30 June 2028: two years with 29 February, four changes of the clocks, two Easters. A journey takes half a year: bank holidays are published that far. */
const days = Array.from({ length: 731 }, (_, n) => addDays(firstDay, n));
/** Taken in turn. With seven days a week each weekday has had each of them after four weeks. */
const hours = ['00:30', '12:00', '14:59', '16:55'];

let directory: DirectoryFile;
beforeAll(async () => {
  directory = await readSampleDirectory();
});

/** When the journey begins: offices are closed at night, on weekends, on bank holidays. */
const openings = days.map((day, n) =>
  nextOfficeHour(londonInstant(day, hours[n % hours.length] ?? '00:30')),
);

interface Played {
  /** Steps that did not come out as expected. */
  readonly wrong: readonly string[];
  readonly overdue: readonly string[];
  /** When each message was sent, and to when an appointment was booked or offered. */
  readonly acts: readonly Date[];
  readonly appointments: readonly Date[];
}

async function playFrom(startsAt: Date): Promise<Played> {
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
const isOfficeTime = (at: Date): boolean =>
  isWorkingDay(londonDate(at), holidays) && londonTime(at) >= '09:00' && londonTime(at) < '17:00';

const isInOrder = (instants: readonly Date[]): boolean =>
  instants.every((at, n) => n === 0 || at >= (instants[n - 1] ?? at));

/** What is wrong with the journey that begins at this instant. */
async function flawsFrom(startsAt: Date): Promise<readonly string[]> {
  const { wrong, overdue, acts, appointments } = await playFrom(startsAt);
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

const monthOf = (at: Date): string => londonDate(at).slice(0, 7);
const months = [...new Set(openings.map(monthOf))];

describe('the sample journey', () => {
  it('begins on each of 731 days, at the next hour at which offices are open', () => {
    expect(openings).toHaveLength(731);
    expect(days).toContain('2028-02-29');
    expect(openings.filter((at) => !isOfficeTime(at))).toEqual([]);
    expect(isInOrder(openings)).toBe(true);
    const waitDays = days.map((day, n) => daysBetween(day, londonDate(openings[n] ?? new Date(0))));
    // Christmas Eve of 2027 at 16:55 is a Friday: until Wednesday.
    expect(Math.max(...waitDays)).toBe(5);
    expect(Math.min(...waitDays)).toBe(0);
  });

  it.each(months)(
    'comes out as expected when it begins on any day of %s',
    async (month) => {
      const starts = new Set(openings.filter((at) => monthOf(at) === month).map(Number));
      expect(starts.size).toBeGreaterThan(15);
      const flaws: string[] = [];
      for (const start of starts) flaws.push(...(await flawsFrom(new Date(start))));
      expect(flaws).toEqual([]);
    },
    allow(60_000),
  );
});
