import { describe, expect, it } from '@jest/globals';
import { districts } from '#libs/contracts/districts.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { Naming } from '#services/referral-router/domain/case-state.js';
import { figuresByRegion, isUnattended } from '#services/referral-router/domain/count-overdue.js';
import { absencesOf, heirsOf } from '#services/referral-router/domain/find-heirs.js';
import {
  findPerson,
  isInOffice,
  isOnListOf,
} from '#services/referral-router/domain/find-person.js';
import { stepRow } from '#services/referral-router/domain/list-rows.js';
import { partyPut, peopleOf, personPut } from '#test/support/router-events.js';

const jcp = 'jcp_wandsworth';
const adviser = 'p_jcp_wandsworth_1';
const deputy = 'p_jcp_wandsworth_deputy';
const duty = 'p_jcp_wandsworth_duty';
const lead = 'p_jcp_wandsworth_lead';
const today = '2026-03-04';

function directory(people: readonly PersonPut[] = [], parties: readonly PartyPut[] = []) {
  const all = [jcp, 'jcp_leeds'];
  const byParty = new Map([...all.map((id) => partyPut(id)), ...parties].map((p) => [p.party, p]));
  const byPerson = new Map([...all.flatMap(peopleOf), ...people].map((p) => [p.person, p]));
  return { party: (id: string) => byParty.get(id), person: (id: string) => byPerson.get(id) };
}
const put = (person: string, changes: Partial<PersonPut>) =>
  personPut(person, jcp, 'adviser', changes);
const naming = (person: string): Naming => ({ party: jcp, person, since: '2026-03-01', seq: 1 });
const caseworker = { party: jcp, who: 'caseworker' } as const;

describe('who is in office', () => {
  const isThere = (changes: Partial<PersonPut>, day = today) =>
    isInOffice(put(adviser, changes), day);

  it('is who is active, has joined, has not left and is not away, each day named included', () => {
    expect(isInOffice(undefined, today)).toBe(false);
    expect([isThere({}), isThere({ active: false })]).toEqual([true, false]);
    expect([isThere({ joinsOn: today }), isThere({ joinsOn: '2026-03-05' })]).toEqual([
      true,
      false,
    ]);
    expect([isThere({ leavesOn: today }), isThere({ leavesOn: '2026-03-03' })]).toEqual([
      true,
      false,
    ]);
    const away = { absentFrom: '2026-03-04', absentUntil: '2026-03-06' };
    const days = ['2026-03-03', '2026-03-04', '2026-03-06', '2026-03-07'];
    expect(days.map((day) => isThere(away, day))).toEqual([true, false, false, true]);
    expect(days.map((day) => isThere({ absentFrom: '2026-03-06' }, day))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(days.map((day) => isThere({ absentUntil: '2026-03-04' }, day))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('has the step: the named one, else the deputy, the duty person, the team leader, then their deputies', () => {
    const gone = { active: false };
    const withAway = (...people: string[]) =>
      findPerson(
        caseworker,
        [naming(adviser)],
        directory(people.map((id) => put(id, gone))),
        today,
      );
    expect(withAway()).toBe(adviser);
    expect(withAway(adviser)).toBe(deputy);
    expect(withAway(adviser, deputy)).toBe(duty);
    expect(withAway(adviser, deputy, duty)).toBe(lead);
    const others = directory([
      ...[adviser, deputy, duty].map((id) => put(id, gone)),
      put(lead, { active: false, deputy: 'p_jcp_leeds_2' }),
    ]);
    expect(findPerson(caseworker, [naming(adviser)], others, today)).toBe('p_jcp_leeds_2');
  });
});

describe('who has the steps of a person that is away', () => {
  const held = (
    caseId: string,
    holder: { party: string; who: 'caseworker' | 'team-leader' } = caseworker,
  ) => ({
    caseId,
    holder,
  });
  const heirs = (people: readonly PersonPut[], person = adviser) =>
    Object.fromEntries(
      heirsOf(
        person,
        [held('a'), held('b'), held('a'), held('c'), held('d', { party: jcp, who: 'team-leader' })],
        {
          namingsOf: (caseId) => (caseId === 'c' ? [] : [naming(adviser)]),
          directory: directory(people),
          today,
        },
      ),
    );

  it('is told once, of all cases that were theirs and of no other', () => {
    expect(heirs([put(adviser, { active: false })])).toEqual({ [deputy]: ['a', 'b'] });
    expect(
      heirs([put(adviser, { leavesOn: '2026-03-03' }), put(deputy, { active: false })]),
    ).toEqual({ [duty]: ['a', 'b'] });
    expect(heirs([put(lead, { active: false })], lead)).toEqual({ [deputy]: ['d'] });
  });

  it('is nobody while the person is there, and where nobody else is', () => {
    expect(heirs([])).toEqual({});
    expect(heirs([put(adviser, { absentFrom: '2026-03-05' })])).toEqual({});
    const all = [adviser, deputy, duty, lead].map((id) => put(id, { active: false }));
    expect(heirs(all)).toEqual({});
  });

  it('knows it from the day on that the directory names', () => {
    expect(absencesOf(put(adviser, {}), today)).toEqual([]);
    expect(absencesOf(put(adviser, { active: false }), today)).toEqual([{ from: today }]);
    expect(
      absencesOf(
        put(adviser, {
          leavesOn: '2026-04-30',
          absentFrom: '2026-03-09',
          absentUntil: '2026-03-13',
        }),
        today,
      ),
    ).toEqual([{ from: '2026-05-01' }, { from: '2026-03-09', until: '2026-03-13' }]);
    expect(absencesOf(put(adviser, { absentUntil: '2026-03-13' }), today)).toEqual([
      { from: today, until: '2026-03-13' },
    ]);
    expect(absencesOf(put(adviser, { joinsOn: '2026-04-01' }), today)).toEqual([]);
  });
});

describe('an office', () => {
  it('is unattended where nobody who answers for it is there', () => {
    const office = partyPut(jcp);
    const away = (...people: string[]) =>
      directory(people.map((id) => put(id, { absentFrom: today })));
    expect(isUnattended(office, away(duty, lead), today)).toBe(false); // their deputy is there
    expect(isUnattended(office, away(duty, lead, deputy), today)).toBe(true);
    expect(isUnattended(office, away(duty, lead, deputy), '2026-03-03')).toBe(false);
    const closed = { ...office, active: false };
    expect(isUnattended(closed, away(duty, lead, deputy), today)).toBe(false);
  });

  it('has the steps of its people on its list, also those that came to another office', () => {
    const step = {
      caseId: 'c',
      told: 0,
      step: 'renew-consent',
      holder: caseworker,
      other: 'trt_acme',
      cause: 'x',
      root: 'x',
      about: 'consent.recorded',
      form: 'DPA1',
      openedAt: '2026-03-04T09:00:00Z',
      dueOn: '2026-03-03',
    } as const;
    const namings = [{ ...naming('p_jcp_leeds_1'), party: 'jcp_leeds' }];
    expect(stepRow(step, { namings, directory: directory(), today })).toEqual({
      case: 'c',
      step: 'renew-consent',
      party: 'jcp_leeds',
      owner: 'p_jcp_leeds_1',
      deputy: 'p_jcp_leeds_deputy',
      openedAt: '2026-03-04T09:00:00Z',
      dueOn: '2026-03-03',
      overdue: true,
      escalation: 'owner',
      cause: 'x',
      about: 'consent.recorded',
      counterpart: 'trt_acme',
      form: 'DPA1',
    });
    expect(stepRow(step, { namings: [], directory: directory(), today }).party).toBe(jcp);
  });
});

describe('a step whose owner is away', () => {
  const step = {
    caseId: 'c',
    told: 0,
    step: 'ask-client',
    holder: caseworker,
    cause: 'x',
    root: 'x',
    openedAt: '2026-03-04T09:00:00Z',
    dueOn: '2026-03-09',
  } as const;
  const standIn = 'p_jcp_leeds_1';
  const people = (...puts: readonly PersonPut[]) => ({
    namings: [naming(adviser)],
    directory: directory(puts),
    today,
  });

  it('stays at its office and is on the list of the stand-in’s, where the deputy is of another office', () => {
    const around = people(put(adviser, { deputy: standIn, absentFrom: '2026-03-02' }));
    const row = stepRow(step, around);
    expect(row).toMatchObject({
      party: jcp,
      owner: standIn,
      standsInFor: adviser,
      awaySince: '2026-03-02',
    });
    expect(isOnListOf(jcp, row, around.directory)).toBe(true);
    expect(isOnListOf('jcp_leeds', row, around.directory)).toBe(true);
    const others = directory([], [partyPut('jcp_bradford')]);
    expect(isOnListOf('jcp_bradford', row, others)).toBe(false);
  });

  it('says since when, where the directory names a day', () => {
    const since = (changes: Partial<PersonPut>) =>
      stepRow(step, people(put(adviser, { deputy: standIn, ...changes })));
    expect(since({ leavesOn: '2026-02-27' }).awaySince).toBe('2026-02-28');
    expect(since({ leavesOn: '2026-03-02', absentFrom: '2026-02-20' }).awaySince).toBe(
      '2026-02-20',
    );
    for (const unsaid of [{ active: false }, { absentUntil: '2026-03-06' }]) {
      expect(since(unsaid)).toMatchObject({ standsInFor: adviser, owner: standIn });
      expect(since(unsaid).awaySince).toBeUndefined();
    }
    expect(since({}).standsInFor).toBeUndefined();
  });

  it('is nobody’s of another agency, though the directory names one as deputy', () => {
    const elsewhere = personPut('p_trt_acme_1', 'trt_acme', 'keyworker');
    const around = people(elsewhere, put(adviser, { deputy: elsewhere.person, active: false }));
    const known = { ...directory([], [partyPut('trt_acme')]), person: around.directory.person };
    expect(stepRow(step, { ...around, directory: known })).toMatchObject({
      owner: duty,
      deputy: deputy,
    });
    const there = [put(adviser, { deputy: elsewhere.person }), elsewhere];
    const row = stepRow(step, {
      ...around,
      directory: { ...known, person: people(...there).directory.person },
    });
    expect(row).toMatchObject({ owner: adviser, deputy: duty });
  });
});

describe('the figures of a district’s coordinator', () => {
  const kent = 'kent';
  const essex = 'essex';

  it('are sums by region, and say nothing below five', () => {
    const counted = [
      { district: kent, steps: 3 },
      { district: 'surrey-and-sussex', steps: 2 },
      { district: essex, steps: 4 },
      { district: null, steps: 100 },
    ];
    const figures = figuresByRegion(counted);
    expect(figures).toHaveLength(new Set(districts.map(({ region }) => region)).size);
    expect(figures.filter(({ overdue }) => overdue !== null)).toEqual([
      { region: 'South East', overdue: 5 },
    ]);
    expect(figuresByRegion(counted, 'East of England')).toEqual([
      { region: 'East of England', overdue: null },
    ]);
    expect(() => figuresByRegion(counted, 'Kent')).toThrow('region must be one of');
  });
});
