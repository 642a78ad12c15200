import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { connectDatabase, createKysely } from '#libs/postgres/connect-database.js';
import { putParty, putPerson } from '#services/referral-router/adapters/directory.store.js';
import { EventApplier } from '#services/referral-router/adapters/event.applier.js';
import type { RouterTables } from '#services/referral-router/adapters/router-tables.js';
import { WorklistAnswers } from '#services/referral-router/adapters/worklist.answers.js';
import { isInOffice } from '#services/referral-router/domain/find-person.js';
import { historyArbitrary, parties } from '#test/support/random-history.js';
import { agencyOf, meshEvent, partyPut, peopleOf, personPut } from '#test/support/router-events.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import { StandingClock } from '#test/support/standing-clock.js';
import type { PostgresServer } from '#test/support/start-postgres.js';
import { clocks } from '#test/support/told-case.js';

/* Who is away, and who stands in: at the router's own tables, as the worklists of all offices show it. */

const [lambeth, wandsworth] = ['jcp_leeds', 'jcp_wandsworth'];
const now = new Date('2026-06-01T10:00:00Z');
const today = '2026-06-01';

let postgres: PostgresServer;
let db: Kysely<RouterTables>;
let applier: EventApplier;
let answers: WorklistAnswers;

beforeAll(async () => {
  postgres = await sharedPostgres();
  const url = await postgres.createDatabase('router');
  db = createKysely<RouterTables>(connectDatabase({ url, applicationName: 'stand-ins' }));
  const clock = new StandingClock(now);
  applier = new EventApplier(db, clock, clocks);
  answers = new WorklistAnswers(db, clock);
});
afterAll(async () => {
  await db.destroy();
  await postgres.stop();
});

interface Town {
  readonly offices: readonly PartyPut[];
  readonly people: readonly PersonPut[];
}

/** Makes the database hold this town and this history, and nothing else. */
async function settle(town: Town, history: readonly MeshEvent[]): Promise<void> {
  await sql`truncate cases, records, case_people, case_parts, steps, waits, notices, absences, outbox, followed cascade`.execute(
    db,
  );
  await enter(town);
  for (const event of history) await applier.apply(event, event.seq);
}

/** Another directory; the steps stay as they are. */
async function enter({ offices, people }: Town): Promise<void> {
  await sql`truncate directory_parties, directory_people`.execute(db);
  for (const office of offices) await putParty(db, office, 1);
  for (const person of people) await putPerson(db, person, 1);
}

type Row = WorklistStep | WaitingFor;

/** All that an office has on its list, or one of its people. */
async function listOf(party: string, person?: string): Promise<readonly Row[]> {
  const reply = await answers.handlers.worklist(
    person === undefined ? { party } : { party, person },
  );
  const { steps, waiting } = reply as unknown as {
    steps: readonly WorklistStep[];
    waiting: readonly WaitingFor[];
  };
  return [...steps, ...waiting];
}

const keyOf = (row: { readonly case: string; readonly cause: string }, what: string): string =>
  `${row.case} ${row.cause} ${what}`;
const keyOfRow = (row: Row): string => keyOf(row, 'step' in row ? row.step : row.answer);

/** What is open by the tables: with whom it lies, and who was named last to hold the case there. */
async function openRows() {
  const steps = await db.selectFrom('steps').selectAll().execute();
  const waits = await db.selectFrom('waits').selectAll().execute();
  const namings = await db.selectFrom('case_people').selectAll().orderBy('seq').execute();
  return [
    ...steps.map(({ step, ...row }) => ({ ...row, what: step })),
    ...waits.map(({ answer, ...row }) => ({ ...row, what: answer })),
  ].map(({ case_id, cause, party, who, actor, what }) => {
    const named = namings
      .filter((each) => each.case_id === case_id && agencyOf(each.party) === agencyOf(party))
      .toSorted((a, b) => a.since.localeCompare(b.since) || a.seq - b.seq)
      .at(-1)?.person;
    const person = who === 'caseworker' ? named : who === 'team-leader' ? undefined : actor;
    return { key: keyOf({ case: case_id, cause }, what), party, person: person ?? undefined };
  });
}

describe('an owner who is away, whose deputy sits at another office', () => {
  const owner = `p_${lambeth}_1`;
  const standIn = `p_${wandsworth}_2`;
  const town = (changes: Partial<PersonPut>): Town => ({
    offices: parties.map((party) => partyPut(party)),
    people: [
      ...parties.flatMap((party) => peopleOf(party)),
      personPut(owner, lambeth, 'adviser', { deputy: standIn, ...changes }),
    ],
  });
  const absence = () => {
    const referral = meshEvent('referral.requested', { sender: lambeth, to: 'trt_acme' });
    const missed = meshEvent('appointment.did-not-attend', {
      sender: 'trt_acme',
      to: lambeth,
      facts: { on: '2026-03-03' },
      cause: referral.id,
    });
    return [referral, missed];
  };

  it('leaves the step on the list of the own office, and on that of the stand-in as theirs', async () => {
    for (const changes of [{ absentFrom: '2026-05-28' }, { leavesOn: '2026-05-27' }]) {
      const people = town(changes).people.toReversed(); // the first put of a person stays
      await settle({ ...town(changes), people }, absence());
      const row = {
        step: 'discuss-did-not-attend',
        party: lambeth,
        owner: standIn,
        standsInFor: owner,
        awaySince: '2026-05-28',
      };
      expect(await listOf(lambeth)).toMatchObject([row]);
      expect(await listOf(wandsworth, standIn)).toMatchObject([row]);
      expect(await listOf('trt_acme')).not.toContainEqual(expect.objectContaining({ owner }));
    }
  });

  it('leaves the answer that is waited for on both lists', async () => {
    const people = town({ absentFrom: '2026-05-28' }).people.toReversed();
    await settle({ ...town({}), people }, absence().slice(0, 1));
    const row = { answer: 'acknowledgement', party: lambeth, owner: standIn, standsInFor: owner };
    expect(await listOf(lambeth)).toMatchObject([row]);
    expect(await listOf(wandsworth, standIn)).toMatchObject([row]);
  });
});

const everybody = parties.flatMap((party) => peopleOf(party));
const ids = everybody.map(({ person }) => person);
const colleagues = (agency: string): readonly string[] =>
  everybody.filter(({ party }) => agencyOf(party) === agency).map(({ person }) => person);

const awayArbitrary: fc.Arbitrary<Partial<PersonPut>> = fc.constantFrom<Partial<PersonPut>>(
  {},
  {},
  {},
  { active: false },
  { absentFrom: '2026-05-20' },
  { absentUntil: '2026-06-05' },
  { leavesOn: '2026-05-29' },
  { joinsOn: '2026-06-10' },
);

/** Any directory: anybody away or gone, deputies anywhere, also in another agency; who answers for an office sits at any of its agency. */
const townArbitrary: fc.Arbitrary<Town> = fc
  .tuple(
    fc.array(fc.tuple(awayArbitrary, fc.nat(), fc.nat({ max: 3 })), {
      minLength: everybody.length,
      maxLength: everybody.length,
    }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), {
      minLength: parties.length,
      maxLength: parties.length,
    }),
  )
  .map(([changes, answering]) => ({
    people: everybody.map((put, index): PersonPut => {
      const [away, pick, move] = changes[index]!;
      const near = pick % 4 === 0 ? ids : colleagues(agencyOf(put.party));
      const deputy = near[pick % near.length]!;
      const moved = move > 0 || agencyOf(put.party) !== 'jcp' ? put.party : lambeth;
      return { ...put, ...away, party: moved, deputy };
    }),
    offices: parties.map((party, index): PartyPut => {
      const [duty, leader] = answering[index]!;
      const near = everybody.filter((put) => put.party === party).map(({ person }) => person);
      const own = duty % 4 === 0 ? colleagues(agencyOf(party)) : near;
      return partyPut(party, {
        dutyPerson: own[duty % own.length]!,
        teamLeader: own[leader % own.length]!,
      });
    }),
  }));

/** Each open row against the lists that the offices and the people have. */
async function checkLists({ offices, people }: Town): Promise<void> {
  const person = new Map(people.map((put) => [put.person, put]));
  const office = new Map(offices.map((put) => [put.party, put]));
  const lists = new Map<string, readonly Row[]>();
  for (const party of parties) lists.set(party, await listOf(party));
  const ofPeople = new Map<string, readonly string[]>();
  for (const { key, party, person: named } of await openRows()) {
    const at = parties.filter((each) => lists.get(each)!.some((row) => keyOfRow(row) === key));
    // No other agency.
    expect(at.map(agencyOf).filter((agency) => agency !== agencyOf(party))).toEqual([]);
    // Its own office: where the person sits who holds it, else where it lies.
    const sits = person.get(named ?? '')?.party;
    const own = sits !== undefined && agencyOf(sits) === agencyOf(party) ? sits : party;
    const row = lists.get(own)!.find((each) => keyOfRow(each) === key);
    expect({ key, party: row?.party }).toEqual({ key, party: own });
    // Its owner has it on their own list, and is there where anybody is who answers for that office.
    const owner = person.get(row!.owner)!;
    if (!ofPeople.has(owner.person))
      ofPeople.set(owner.person, (await listOf(owner.party, owner.person)).map(keyOfRow));
    expect(ofPeople.get(owner.person)).toContain(key);
    const { dutyPerson, teamLeader } = office.get(party)!;
    if ([dutyPerson, teamLeader].some((each) => isInOffice(person.get(each), today)))
      expect(isInOffice(owner, today)).toBe(true);
    // Whom a row names is of the agency: else the guard would drop it.
    const names = [row!.owner, ...('deputy' in row! ? [row.deputy] : [])];
    expect(names.map((each) => agencyOf(person.get(each)!.party))).toEqual(
      names.map(() => agencyOf(party)),
    );
  }
}

describe('in any directory, whoever is away', () => {
  it('every open step and wait is on the list of its own office, and of somebody who is there; no other agency sees it', async () => {
    const towns = fc.array(townArbitrary, { minLength: 16, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(towns, historyArbitrary, async ([first, ...others], history) => {
        await settle(first!, history);
        await checkLists(first!);
        for (const town of others) {
          await enter(town);
          await checkLists(town);
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
