import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalClock } from '#libs/clock/local-clock.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { readMessage } from '#libs/contracts/read-message.js';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import {
  dayOf,
  nextOfficeHour,
  reminderBefore,
  weeksAfter,
  workingDaysFrom,
} from '#deploy/sample/expected-dates.js';
import { fillPlaceholders, type PlaceholderContext } from '#deploy/sample/fill-placeholders.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { sampleFolder } from '#deploy/sample/sample-folder.js';
import { readSampleForm } from '#deploy/sample/sample-form.js';
import { scratchFolder, type ScratchFolder } from '#test/support/scratch-folder.js';

const now = new Date('2026-12-22T09:30:00Z'); // a Tuesday; Friday is Christmas Day, Monday the substitute for Boxing Day
const context: PlaceholderContext = {
  now,
  run: 'F00D',
  idOf: (name) => `id of ${name}`,
  caseOf: (name) => `case of ${name}`,
  dataOf: () => ({ startsAt: '2026-12-24T11:00:00.000Z' }),
};

describe('a placeholder', () => {
  it.each([
    ['{{today}}', '2026-12-22'],
    ['{{today+3d}}', '2026-12-25'],
    ['{{today-2w}}', '2026-12-08'],
    ['{{today+3wd}}', '2026-12-29'],
    ['{{now}}', '2026-12-22T09:30:00.000Z'],
    ['{{now+3wd@14:15}}', '2026-12-29T14:15:00.000Z'],
    ['{{now+200d@10:30}}', '2027-07-10T09:30:00.000Z'],
    ['WAN/{{run}}/A', 'WAN/F00D/A'],
    ['{{id:referral-1}}', 'id of referral-1'],
    ['{{case:client-a}}', 'case of client-a'],
    ['{{sent:offer.startsAt}}', '2026-12-24T11:00:00.000Z'],
  ])('%s is %s', (text, filled) => {
    expect(fillPlaceholders({ deep: [text] }, context)).toEqual({ deep: [filled] });
  });

  it('that means nothing is named', () => {
    expect(() => fillPlaceholders('{{tomorrow}}', context)).toThrow('{{tomorrow}}');
    expect(() => fillPlaceholders('{{sent:offer.nothing}}', context)).toThrow(
      '{{sent:offer.nothing}}',
    );
  });
});

describe("the journey's own dates", () => {
  it('step back from a bank holiday, and keep London time over the change of the clocks', () => {
    expect(reminderBefore('2027-01-04', 7).toISOString()).toBe('2026-12-24T09:00:00.000Z');
    expect(weeksAfter('2027-01-04', 12)).toBe('2027-03-29');
    expect(reminderBefore('2027-04-07', 7).toISOString()).toBe('2027-03-31T08:00:00.000Z');
    expect(workingDaysFrom('2026-12-24', 1, 10).toISOString()).toBe('2026-12-29T10:00:00.000Z');
    expect(dayOf(workingDaysFrom('2026-12-29', -1, 9))).toBe('2026-12-24');
  });

  it('begin in office hours', () => {
    expect(nextOfficeHour(now)).toBe(now);
    expect(nextOfficeHour(new Date('2026-12-22T03:00:00Z')).toISOString()).toBe(
      '2026-12-22T09:30:00.000Z',
    );
    expect(nextOfficeHour(new Date('2026-12-24T15:00:00Z')).toISOString()).toBe(
      '2026-12-29T09:30:00.000Z',
    );
  });
});

describe("the sample's forms", () => {
  it('are all messages that the mesh carries, from people of the agency that sends, with invented identities', async () => {
    const directory = await readSampleDirectory();
    const agencyOf = (party: string): string | undefined =>
      directory.parties.find(({ id }) => id === party)?.agency;
    const ids = new Map<string, string>();
    const sent = new Map<string, Record<string, unknown>>();
    const cases = new Map<string, string>();
    const paths = (await readdir(join(sampleFolder, 'forms'), { recursive: true }))
      .filter((path) => path.endsWith('.json'))
      .sort();
    expect(paths.length).toBeGreaterThan(50);
    for (const path of paths) {
      const form = await readSampleForm(path.replace(/\.json$/, ''));
      const filled = fillPlaceholders(
        { case: form.case, data: form.data, caseref: form.caseref },
        {
          ...context,
          idOf: (name) => ids.get(name) ?? `no ${name} before`,
          caseOf: (name) => cases.set(name, cases.get(name) ?? randomUUID()).get(name) ?? '',
          dataOf: (name) => sent.get(name) ?? {},
        },
      ) as { case: string; data: Record<string, unknown>; caseref?: string };
      const id = uuidV7(now.getTime(), randomBytes(10));
      ids.set(form.name, id);
      sent.set(form.name, filled.data);
      const event = {
        specversion: '1.0',
        id,
        source: sourceOf(form.from),
        type: typeOf(form.type),
        time: now.toISOString(),
        to: form.to,
        actor: form.actor,
        ...filled,
        caseref: filled.caseref ?? undefined,
      };
      const read = readMessage(JSON.parse(JSON.stringify(event)), now.getTime());
      expect({ path, problems: read.ok ? [] : read.problems }).toEqual({ path, problems: [] });
      const worksAt =
        directory.people.find((person) => person.id === form.actor)?.party ?? 'nowhere';
      expect({ path, agency: agencyOf(worksAt) }).toEqual({ path, agency: agencyOf(form.from) });
      const nino = (filled.data['client'] as { nino?: string } | undefined)?.nino;
      if (nino !== undefined) expect(nino).toMatch(/^QQ/);
    }
    expect(ids.size).toBe(paths.length);
  });
});

describe('the clock control', () => {
  let folder: ScratchFolder;
  beforeAll(async () => {
    folder = await scratchFolder();
  });
  afterAll(() => folder.remove());

  it('moves the clock that the services read, in strides, exactly there and never back', async () => {
    const path = join(folder.path, 'clock.json');
    const control = await LocalClockControl.open(path, now);
    const clock = new LocalClock(path);
    expect(sinceMs(clock.now(), now)).toBeLessThan(soonMs);
    let moves = 0;
    clock.onChanged(() => (moves += 1));
    const target = new Date(now.getTime() + 17 * dayMs);
    const strides: Date[] = [];
    await control.advanceTo(target, { onStride: (at) => strides.push(at) });
    expect(strides).toHaveLength(3);
    expect(moves).toBe(3);
    expect(sinceMs(clock.now(), target)).toBeLessThan(soonMs);
    await control.jumpTo(now, 0);
    expect(sinceMs(control.now(), target)).toBeLessThan(soonMs);
    clock.stop();
  });

  it('finds a clock as it was left, moves it on to a stated instant, and refuses to set it back', async () => {
    const path = join(folder.path, 'kept.json');
    await LocalClockControl.open(path, now);
    expect(sinceMs((await LocalClockControl.open(path)).now(), now)).toBeLessThan(soonMs);
    const later = new Date(now.getTime() + 400 * dayMs);
    const moved = await LocalClockControl.open(path, later);
    expect(sinceMs(moved.now(), later)).toBeLessThan(soonMs);
    await expect(LocalClockControl.open(path, now)).rejects.toThrow(
      /kept\.json shows 2028-01-26T.* cannot be set back to 2026-12-22T09:30/,
    );
    expect(sinceMs(moved.now(), later)).toBeLessThan(soonMs);
  });

  it('shows the time of this machine where no start is stated', async () => {
    const before = new Date();
    const control = await LocalClockControl.open(join(folder.path, 'machine.json'));
    expect(sinceMs(control.now(), before)).toBeLessThan(soonMs);
  });
});

const dayMs = 24 * 3_600_000;
/** The clock runs on at scale 1: far less than a day, however busy the machine. */
const soonMs = 60_000;

/** How long after `from` it is; never before it. */
function sinceMs(at: Date, from: Date): number {
  const since = at.getTime() - from.getTime();
  expect(since).toBeGreaterThanOrEqual(0);
  return since;
}
