import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Pool } from 'pg';
import { deliveryDurable, deliveryStream } from '#libs/contracts/subjects.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { DeliveryRecall } from '#services/consent-guard/adapters/delivery-recall.js';
import { RoadCourier } from '#services/consent-guard/adapters/road.courier.js';
import {
  readOpenings,
  requireOpenings,
} from '#services/consent-guard/adapters/delivery-opening.js';
import { parties, personOf } from '#test/support/guard-builders.js';
import { maria, tomas, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

const office = 'jcp_wandsworth';
let mesh: GuardMesh;
let pool: Pool;
let guard: ServiceProcess;
let river: MeshParty;
let jcp: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  pool = connectDatabase({ url: mesh.databaseUrl, applicationName: 'test' });
  guard = await mesh.guard();
  await mesh.applyDirectory();
  [river, jcp] = await Promise.all([mesh.party('tp_river'), mesh.party(office)]);
});
afterAll(async () => {
  await pool.end();
  await mesh.stop();
});

interface ClientCase {
  readonly case: string;
  readonly client: NonNullable<Wanted['client']>;
}

async function newCase(client: ClientCase['client']): Promise<ClientCase> {
  const own = { case: randomUUID(), client };
  const { state } = await river.sendAndWait({
    ...own,
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr2Consent(c, [office]),
  });
  expect(state).toBe('cleared');
  return own;
}

/** Cleared, and in the office's stream. */
async function tell(own: ClientCase): Promise<string> {
  const id = await river.send({ ...own, name: 'tpr2.shared', to: office });
  expect((await river.verdict(id)).state).toMatch(/^cleared/);
  await until('it is delivered', async () => (await stateOf(id)) === 'sent');
  return id;
}

const withdraw = async ({ case: caseId }: ClientCase): Promise<void> => {
  const sent = await river.sendAndWait({
    name: 'consent.withdrawn',
    to: 'mesh',
    case: caseId,
    data: (c) => withdrawal(c, 'TPR2'),
  });
  expect(sent.state).toBe('cleared');
};

async function stateOf(id: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ state: string }>('select state from delivery where id = $1', [
    id,
  ]);
  return rows[0]?.state;
}

async function setActive(active: boolean): Promise<void> {
  const operator = await mesh.party('svc_ops');
  const known = parties.find(({ id }) => id === office);
  const person = personOf(office);
  const { kind, agency, serves } = known ?? {};
  const data = {
    party: office,
    kind,
    agency,
    name: office,
    serves,
    dutyPerson: person,
    teamLeader: person,
    active,
  };
  expect(
    (await operator.sendAndWait({ name: 'directory.party-put', to: 'mesh', data })).state,
  ).toBe('cleared');
}

async function killBroker(): Promise<void> {
  await mesh.nats.kill();
  await mesh.nats.run();
}

/** What came since, once everything that waits has come. */
async function collectAll(from: number, last: ClientCase): Promise<readonly string[]> {
  jcp.collect();
  await jcp.delivery(await tell(last));
  await jcp.rest();
  return jcp.received.slice(from).map(({ id }) => id);
}

describe('a broker that was killed, and lies in its streams again what was deleted from them', () => {
  it('gives out nothing that was taken back, and what was collected before not a second time', async () => {
    const [leaving, staying] = [await newCase(maria), await newCase(tomas)];
    jcp.collect();
    const collected = await tell(leaving);
    await jcp.delivery(collected);
    await jcp.rest();
    const from = jcp.received.length;
    const [waiting, kept] = [await tell(leaving), await tell(staying)];
    await withdraw(leaving);
    expect([await stateOf(waiting), await stateOf(collected)]).toEqual(['stopped', 'collected']);
    await killBroker();
    const came = await collectAll(from, staying);
    expect(came).toContain(kept);
    expect(came).not.toContain(waiting);
    expect(came).not.toContain(collected);
  });

  it('is asked in vain whether something was pulled before: what lay there then counts as collected', async () => {
    const [leaving, staying] = [await newCase(maria), await newCase(tomas)];
    const lying = [await tell(leaving), await tell(leaving)];
    const pulled = (await jcp.pull()).id;
    expect(lying).toContain(pulled);
    await killBroker();
    const after = await tell(leaving);
    await withdraw(leaving);
    expect(await Promise.all([...lying, after].map(stateOf))).toEqual([
      'collected',
      'collected',
      'stopped',
    ]);
    const came = await collectAll(jcp.received.length, staying);
    for (const id of [...lying, after]) expect(came).not.toContain(id);
  });

  it('keeps no withdrawal waiting that touches a party which is not active any more', async () => {
    const own = await newCase(maria);
    const lying = await tell(own);
    await setActive(false);
    // As after any deployment: nobody works the party.
    await guard.end();
    guard = await mesh.guard();
    // And would again in a minute.
    await until('it has looked at all streams once', () =>
      guard.log.find(({ event }) => event === 'roads-looked-at'),
    );
    await killBroker();
    await withdraw(own);
    expect(await stateOf(lying)).toBe('collected');
    await setActive(true);
  });

  it('gives out nothing at all until a guard has looked', async () => {
    const own = await newCase(maria);
    const waiting = await tell(own);
    await guard.end();
    await killBroker();
    const from = jcp.received.length;
    jcp.collect();
    // The broker itself says so: there is no durable to pull from.
    const { consumers } = await jetstreamManager(await mesh.nats.connect('provisioner'));
    await expect(consumers.info(deliveryStream(office), deliveryDurable)).rejects.toThrow(
      'consumer not found',
    );
    expect(jcp.received).toHaveLength(from);
    guard = await mesh.guard();
    await jcp.delivery(waiting);
    await jcp.rest();
  });
});

describe('a delivery that nobody wrote down', () => {
  it.each([
    ['was never made anew', { number: 0, recordsTo: 0 }, 0, undefined, 'stopped'],
    [
      'was never made anew, though it was long ago',
      { number: 0, recordsTo: 0 },
      0,
      new Date(0),
      'stopped',
    ],
    ['was made anew before that was decided', { number: 1, recordsTo: 4 }, 5, undefined, 'stopped'],
    ['was made anew since', { number: 1, recordsTo: 5 }, 5, undefined, 'collected'],
  ])(
    'and that does not lie in its stream, whose durable %s: counts as it must',
    async (...[, opening, recordSeq, longAgo, state]) => {
      const connection = await mesh.nats.connect('guard');
      const publisher = new RoadPublisher(connection, { inboxPrefix: '_INBOX_guard' });
      const recall = new DeliveryRecall(connection, new RoadCourier(publisher));
      const openings = new Map([[office, opening]]);
      const doubt = {
        id: randomUUID(),
        recipient: office,
        streamSeq: undefined,
        recordSeq,
        longAgo,
      };
      const recalled = await until('the durable is there', () =>
        recall.recall([doubt], { isAgain: false, openings }),
      );
      expect(recalled).toMatchObject([{ state }]);
      await publisher.stop();
    },
  );
});

/** Whether a statement that begins so waits for a lock. */
async function isBlocked(statement: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
    [`${statement}%`],
  );
  return rowCount !== 0;
}

describe('a withdrawal that took something back from a broker', () => {
  const outcome = async (between: () => Promise<unknown>): Promise<void> => {
    const db = await pool.connect();
    try {
      const openings = await readOpenings(db, ['jcp_lambeth', 'tp_hill']);
      await between();
      await db.query('begin');
      await requireOpenings(db, openings);
    } finally {
      await db.query('rollback');
      db.release();
    }
  };
  const open = (recipient: string) =>
    pool.query('update delivery_opening set number = number + 1 where recipient = $1', [recipient]);

  it('may write that down only while no durable of it was made anew', async () => {
    await outcome(() => Promise.resolve());
    await outcome(() => open(office));
    await expect(outcome(() => open('tp_hill'))).rejects.toMatchObject({
      code: 'broker-unavailable',
    });
  });

  it('keeps a durable from being made until that is written', async () => {
    const db = await pool.connect();
    const steps: string[] = [];
    await db.query('begin');
    await requireOpenings(db, await readOpenings(db, ['tp_hill']));
    const opened = open('tp_hill').then(() => steps.push('opened'));
    await until('it waits', () => isBlocked('update delivery_opening'));
    steps.push('written');
    await db.query('commit');
    db.release();
    await opened;
    expect(steps).toEqual(['written', 'opened']);
  });
});
