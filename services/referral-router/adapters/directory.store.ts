import { type Kysely, sql } from 'kysely';
import type { AreaRole } from '#libs/contracts/address.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { RouteCandidate } from '../domain/rank-routes.js';
import type { Directory } from '../domain/find-person.js';
import type { RouterTables } from './router-tables.js';

type Db = Kysely<RouterTables>;

/** Takes in a party; one that was put later, by `seq`, stays. */
export async function putParty(db: Db, put: PartyPut, seq: number): Promise<void> {
  await db
    .insertInto('directory_parties')
    .values({ party: put.party, agency: put.agency, seq, put: JSON.stringify(put) })
    .onConflict((conflict) =>
      conflict
        .column('party')
        .doUpdateSet({ agency: put.agency, seq, put: JSON.stringify(put) })
        .where('directory_parties.seq', '<', seq),
    )
    .execute();
}

/** Takes in a person; one who was put later, by `seq`, stays. @returns whether this one counts */
export async function putPerson(db: Db, put: PersonPut, seq: number): Promise<boolean> {
  const result = await db
    .insertInto('directory_people')
    .values({ person: put.person, party: put.party, seq, put: JSON.stringify(put) })
    .onConflict((conflict) =>
      conflict
        .column('person')
        .doUpdateSet({ party: put.party, seq, put: JSON.stringify(put) })
        .where('directory_people.seq', '<', seq),
    )
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** The part of the directory that speaks of these parties and people, with everybody who stands in for them. */
export async function loadDirectory(
  db: Db,
  parties: Iterable<string>,
  people: Iterable<string>,
): Promise<Directory> {
  const knownPeople = new Map<string, PersonPut>();
  const knownParties = new Map<string, PartyPut>();
  const partiesOfPeople = (): string[] => [...knownPeople.values()].map(({ party }) => party);
  await addPeople(db, knownPeople, people);
  await addParties(db, knownParties, [...parties, ...partiesOfPeople()]);
  // Twice: a deputy may sit at another office, whose people stand in for the deputy.
  for (let round = 0; round < 2; round += 1) {
    const answering = [...knownParties.values()].flatMap(({ dutyPerson, teamLeader, manager }) => [
      dutyPerson,
      teamLeader,
      ...(manager === undefined ? [] : [manager]),
    ]);
    await addPeople(db, knownPeople, answering);
    const deputies = [...knownPeople.values()].map(({ deputy }) => deputy);
    await addPeople(db, knownPeople, deputies);
    await addParties(db, knownParties, partiesOfPeople());
  }
  return { party: (id) => knownParties.get(id), person: (id) => knownPeople.get(id) };
}

async function addParties(db: Db, to: Map<string, PartyPut>, ids: Iterable<string>): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !to.has(id));
  if (missing.length === 0) return;
  const rows = await db
    .selectFrom('directory_parties')
    .select('put')
    .where(sql<boolean>`party = any(${missing}::text[])`)
    .execute();
  for (const { put } of rows) to.set(put.party, put);
}

async function addPeople(db: Db, to: Map<string, PersonPut>, ids: Iterable<string>): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !to.has(id));
  if (missing.length === 0) return;
  const rows = await db
    .selectFrom('directory_people')
    .select('put')
    .where(sql<boolean>`person = any(${missing}::text[])`)
    .execute();
  for (const { put } of rows) to.set(put.person, put);
}

/** The parties that serve a role in a district, with how many cases each treats. */
export async function loadCandidates(
  db: Db,
  role: AreaRole,
  district: string,
): Promise<readonly RouteCandidate[]> {
  const serves = JSON.stringify({ serves: [{ role, district }] });
  const rows = await db
    .selectFrom('directory_parties')
    .select(['put'])
    .select(
      sql<number>`(select count(*) from cases where provider = directory_parties.party and in_treatment)`.as(
        'open_cases',
      ),
    )
    .where(sql<boolean>`put @> ${serves}::jsonb`)
    .execute();
  return rows.map(({ put, open_cases }) => ({ party: put, openCases: open_cases }));
}

/** Every party of an agency with the people who could answer for it: for the operator's question. */
export async function loadOffices(
  db: Db,
): Promise<{ readonly parties: readonly PartyPut[]; readonly directory: Directory }> {
  const rows = await db.selectFrom('directory_parties').select('put').orderBy('party').execute();
  const parties = rows.map(({ put }) => put).filter(({ kind }) => kind !== 'service');
  const directory = await loadDirectory(
    db,
    parties.map(({ party }) => party),
    [],
  );
  return { parties, directory };
}
