import { describe, expect, it } from '@jest/globals';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { escalations } from '#libs/contracts/notices.js';
import { readConfig } from '#services/referral-router/config.js';
import { answerMailTrouble } from '#services/referral-router/domain/answer-mail-trouble.js';
import type { Naming } from '#services/referral-router/domain/case-state.js';
import { type RouteCandidate, rankRoutes } from '#services/referral-router/domain/rank-routes.js';
import {
  deskOf,
  isPastLeader,
  levelOf,
  nextLevel,
  notEscalated,
  personAt,
} from '#services/referral-router/domain/escalate-step.js';
import {
  type Directory,
  findDeputy,
  findPerson,
} from '#services/referral-router/domain/find-person.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { district, partyPut, peopleOf, personPut } from '#test/support/router-events.js';

const jcp = 'jcp_wandsworth';
const today = '2026-03-04';

function directory(
  changes: { parties?: readonly PartyPut[]; people?: readonly PersonPut[] } = {},
): Directory {
  const parties = [
    partyPut(jcp),
    partyPut('jcp_leeds'),
    partyPut('trt_acme'),
    ...(changes.parties ?? []),
  ];
  const people = [
    ...peopleOf(jcp),
    ...peopleOf('jcp_leeds'),
    ...peopleOf('trt_acme'),
    ...(changes.people ?? []),
  ];
  const partyMap = new Map(parties.map((party) => [party.party, party]));
  const personMap = new Map(people.map((person) => [person.person, person]));
  return { party: (id) => partyMap.get(id), person: (id) => personMap.get(id) };
}

const away = (person: string) => personPut(person, jcp, 'adviser', { active: false });
const naming = (person: string, changes: Partial<Naming> = {}): Naming => ({
  party: jcp,
  person,
  since: '2026-03-01',
  seq: 1,
  ...changes,
});
const caseworker = { party: jcp, who: 'caseworker' } as const;

describe('who it is today', () => {
  it('is the caseworker named last and holding by today, at any office of the agency', () => {
    const namings = [
      naming('p_jcp_wandsworth_1'),
      naming('p_jcp_leeds_1', { party: 'jcp_leeds', seq: 2 }),
    ];
    const later = naming('p_jcp_wandsworth_2', { since: '2026-03-05', seq: 3 });
    expect(findPerson(caseworker, [...namings, later], directory(), today)).toBe('p_jcp_leeds_1');
    expect(findPerson(caseworker, [...namings, later], directory(), '2026-03-05')).toBe(
      'p_jcp_wandsworth_2',
    );
  });

  it('is the deputy, else the duty person, else the team leader, where the caseworker is unnamed, away, unknown or of another agency', () => {
    const duty = 'p_jcp_wandsworth_duty';
    expect(findPerson(caseworker, [], directory(), today)).toBe(duty);
    expect(findPerson(caseworker, [naming('p_nobody')], directory(), today)).toBe(duty);
    expect(findPerson(caseworker, [naming('p_trt_acme_1')], directory(), today)).toBe(duty);
    const named = [naming('p_jcp_wandsworth_1')];
    const inactive = [away('p_jcp_wandsworth_1')];
    const deputy = 'p_jcp_wandsworth_deputy';
    expect(findPerson(caseworker, named, directory({ people: inactive }), today)).toBe(deputy);
    const both = directory({ people: [...inactive, away(deputy)] });
    expect(findPerson(caseworker, named, both, today)).toBe(duty);
    expect(
      findPerson(caseworker, [], directory({ people: [away(duty), away(deputy)] }), today),
    ).toBe('p_jcp_wandsworth_lead');
  });

  it('is never nobody, even where the directory knows no one', () => {
    const empty: Directory = { party: () => undefined, person: () => undefined };
    expect(findPerson(caseworker, [], empty, today)).toBe(jcp);
    expect(findPerson({ party: jcp, who: 'actor', actor: 'p_x' }, [], empty, today)).toBe('p_x');
    expect(findPerson(caseworker, [], { ...directory(), person: () => undefined }, today)).toBe(
      'p_jcp_wandsworth_lead',
    );
  });

  it('has a deputy who is somebody else where anybody else is there', () => {
    expect(findDeputy('p_jcp_wandsworth_1', jcp, directory(), today)).toBe(
      'p_jcp_wandsworth_deputy',
    );
    expect(findDeputy('p_jcp_wandsworth_deputy', jcp, directory(), today)).toBe(
      'p_jcp_wandsworth_duty',
    );
    expect(
      findDeputy(
        'p_jcp_wandsworth_1',
        jcp,
        directory({ people: [away('p_jcp_wandsworth_deputy')] }),
        today,
      ),
    ).toBe('p_jcp_wandsworth_duty');
  });
});

describe('an overdue step', () => {
  it('goes to the owner, two working days later to the deputy, two later to the team leader, two later once to the manager', () => {
    const holidays = bankHolidays('england-and-wales');
    const owner = nextLevel(notEscalated('2026-03-05'), holidays);
    const deputy = nextLevel(owner, holidays);
    const leader = nextLevel(deputy, holidays);
    const manager = nextLevel(leader, holidays);
    const all = [owner, deputy, leader, manager];
    expect(all.map(({ nextAfter }) => nextAfter)).toEqual([
      '2026-03-09',
      '2026-03-11',
      '2026-03-13',
      undefined,
    ]);
    expect(all.map(({ told }) => levelOf(told))).toEqual([
      'owner',
      'deputy',
      'team-leader',
      'manager',
    ]);
    // The team leader keeps it, and only now it counts in the coordinator's figures.
    expect(all.map(({ told }) => deskOf(told))).toEqual([
      'owner',
      'deputy',
      'team-leader',
      'team-leader',
    ]);
    expect(all.map(isPastLeader)).toEqual([false, false, false, true]);
    expect(nextLevel(manager, holidays)).toEqual(manager);
    const step = {
      step: 'note-receipt',
      holder: caseworker,
      cause: 'x',
      root: 'x',
      openedAt: today,
      dueOn: today,
    } as const;
    const people = { namings: [naming('p_jcp_wandsworth_1')], directory: directory(), today };
    expect(escalations.map((level) => personAt(level, step, people))).toEqual([
      'p_jcp_wandsworth_1',
      'p_jcp_wandsworth_deputy',
      'p_jcp_wandsworth_lead',
      undefined,
    ]);
    const managed = directory({ parties: [partyPut(jcp, { manager: 'p_jcp_manager' })] });
    expect(personAt('manager', step, { ...people, directory: managed })).toBe('p_jcp_manager');
  });

  it('goes up at the office where its owner sits', () => {
    const people = {
      namings: [naming('p_jcp_leeds_1', { party: 'jcp_leeds' })],
      directory: directory(),
      today,
    };
    expect(
      escalations.map((level) => personAt(level, { holder: caseworker }, people)).slice(0, 3),
    ).toEqual(['p_jcp_leeds_1', 'p_jcp_leeds_deputy', 'p_jcp_leeds_lead']);
  });
});

describe('a mail that did not reach its person', () => {
  const person = 'p_jcp_wandsworth_1';
  const deputy = 'p_jcp_wandsworth_deputy';

  it('is told to the deputy; where that mail is held too, to the team leader; then to nobody', () => {
    const first = answerMailTrouble('held', { person, told: [person] }, directory(), today);
    expect(first).toEqual({ kind: 'colleague-mail-held', person: deputy });
    const second = answerMailTrouble(
      'failed',
      { person: deputy, told: [person, deputy] },
      directory(),
      today,
    );
    expect(second).toEqual({ kind: 'mail-failed', person: 'p_jcp_wandsworth_lead' });
    expect(
      answerMailTrouble(
        'held',
        { person: second!.person, told: [person, deputy, second!.person] },
        directory(),
        today,
      ),
    ).toBeUndefined();
  });

  it('is told to nobody when it was accepted, or when the only one left was told already', () => {
    expect(
      answerMailTrouble('accepted', { person, told: [person] }, directory(), today),
    ).toBeUndefined();
    const lead = 'p_jcp_wandsworth_lead';
    expect(
      answerMailTrouble('held', { person: deputy, told: [lead, deputy] }, directory(), today),
    ).toBeUndefined();
    expect(
      answerMailTrouble('toString', { person, told: [person] }, directory(), today),
    ).toBeUndefined();
  });
});

describe('the route of a message to an area', () => {
  const at = (
    party: string,
    openCases: number,
    changes: Partial<PartyPut> = {},
  ): RouteCandidate => ({
    party: partyPut(party, changes),
    openCases,
  });
  const question = { role: 'treatment', district, sender: jcp } as const;

  it('is the single point of contact, then the previous provider, then the one with the fewest open cases, then by id', () => {
    const providers = [at('trt_beacon', 2), at('trt_acme', 2), at('trt_crown', 3)];
    expect(rankRoutes(question, [...providers, at('spoc_lsw', 9)])).toEqual([
      'spoc_lsw',
      'trt_acme',
      'trt_beacon',
      'trt_crown',
    ]);
    expect(rankRoutes({ ...question, previous: 'trt_crown' }, providers)).toEqual([
      'trt_crown',
      'trt_acme',
      'trt_beacon',
    ]);
    expect(rankRoutes(question, [...providers, at('trt_delta', 1)])[0]).toBe('trt_delta');
  });

  it('is none where nobody else is active there in that role', () => {
    const elsewhere = { serves: [{ role: 'treatment' as const, district: 'kent' }] };
    const candidates = [
      at('trt_acme', 0, { active: false }),
      at('trt_beacon', 0, elsewhere),
      at('spoc_lsw', 0),
    ];
    expect(rankRoutes({ ...question, sender: 'spoc_lsw' }, candidates)).toEqual([]);
    expect(
      rankRoutes(question, [at('jcp_leeds', 0, { serves: [{ role: 'treatment', district }] })]),
    ).toEqual([]);
  });
});

describe('the router’s settings', () => {
  const env = {
    MESH_ENV: 'local',
    NATS_URL: 'nats://x',
    NATS_SEED_FILE: '/x',
    DATABASE_URL: 'postgres://x',
  };

  it('let a deployment give steps other working days, and refuse what is no step', () => {
    const days = readConfig({ ...env, STEP_WORKING_DAYS: '{"re-engage":7}' }).STEP_WORKING_DAYS;
    expect([days['re-engage'], days['note-receipt']]).toEqual([7, 2]);
    for (const wrong of ['{"re-engage":0}', '{"no-step":1}', 'no json'])
      expect(() => readConfig({ ...env, STEP_WORKING_DAYS: wrong })).toThrow('STEP_WORKING_DAYS');
  });
});
