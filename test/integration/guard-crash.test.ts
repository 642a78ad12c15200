import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type QueryResult } from 'pg';
import { serviceParties } from '#libs/contracts/party.js';
import { parties } from '#test/support/guard-builders.js';
import { type FormContext, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { allow } from '#test/support/pace.js';
import { randomOf } from '#test/support/random.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

let mesh: GuardMesh;
let river: MeshParty;
let jcp: MeshParty;
let guard: ServiceProcess;
/** Small, so that a kill falls between the steps of one of many. */
const batches = { BATCH_SIZE: '8' };
const client = { nino: 'QQ400000C', surname: 'Sample', dateOfBirth: '1990-05-05' };
const own = { client, case: randomUUID() };
const consent = (context: FormContext) => tpr2Consent(context, ['jcp_wandsworth']);

beforeAll(async () => {
  mesh = await GuardMesh.start({ ownPostgres: true });
  guard = await mesh.guard(batches);
  await mesh.applyDirectory();
  river = await mesh.party('tp_river');
  jcp = (await mesh.party('jcp_wandsworth')).collect();
  await river.sendAndWait({ ...own, name: 'consent.recorded', to: 'mesh', data: consent });
});
afterAll(() => mesh.stop());

async function databaseOf(of: GuardMesh, query: string): Promise<QueryResult<{ message: string }>> {
  const database = new Client({ connectionString: of.databaseUrl });
  await database.connect();
  try {
    return await database.query(query);
  } finally {
    await database.end();
  }
}

const allParties = parties.length + serviceParties.length;

const answersNoMore = (process: ServiceProcess): Promise<boolean> =>
  fetch(`${process.url}/metrics`).then(
    () => false,
    () => true,
  );

/** How many parties a guard works. */
async function held(process: ServiceProcess): Promise<number> {
  const text = await (await fetch(`${process.url}/metrics`)).text();
  return Number(/^throughcare_guard_parties_held (\d+)$/m.exec(text)?.[1] ?? 0);
}

const share = (): Promise<string> =>
  river.send({ ...own, name: 'tpr2.shared', to: 'jcp_wandsworth' });

describe('the guard, killed', () => {
  it('loses nothing, delivers each message once by its id, and keeps its verdicts', async () => {
    const random = randomOf('when the guard is killed');
    const sent: string[] = [];
    const seen = new Map<string, string>();
    for (const kill of [1, 2]) {
      const before = jcp.received.length;
      for (let count = 0; count < 150; count += 1) sent.push(await share());
      await until(`work goes on before kill ${kill}`, () => jcp.received.length > before);
      for (const { id } of jcp.received) seen.set(id, 'cleared');
      await delay(random.between(0, 40));
      await guard.end('SIGKILL');
      guard = await mesh.guard(batches);
    }
    const delivered = () => new Set(jcp.received.map(({ id }) => id));
    await until('all are delivered', () => delivered().size === sent.length, 40_000);
    expect(delivered()).toEqual(new Set(sent));
    for (const id of sent) {
      const { state, records } = await river.verdict(id);
      expect({ id, state, records: records.length }).toEqual({
        id,
        state: seen.get(id) ?? 'cleared',
        records: 1,
      });
    }
  });

  it('leaves its parties to another, which works them within seconds', async () => {
    const other = await mesh.guard(batches);
    await until(
      'both hold parties',
      async () => (await held(guard)) > 0 && (await held(other)) > 0,
    );
    await guard.end('SIGKILL');
    const killedAt = performance.now();
    await until('the other holds all', async () => (await held(other)) === allParties);
    const id = await share();
    await jcp.delivery(id);
    expect(performance.now() - killedAt).toBeLessThan(allow(10_000));
    guard = other;
  });

  it('judges what it had in hand before what was sent later', async () => {
    const ids: string[] = [];
    for (const nino of ['QQ400001C', 'QQ400002C']) {
      const late = { client: { ...client, nino }, case: randomUUID() };
      guard.signal('SIGSTOP');
      // On its way to the stopped guard, and never worked by it: without the consent, what follows would be refused.
      ids.push(await river.send({ ...late, name: 'consent.recorded', to: 'mesh', data: consent }));
      await guard.end('SIGKILL');
      ids.push(await river.send({ ...late, name: 'tpr2.shared', to: 'jcp_wandsworth' }));
      guard = await mesh.guard(batches);
    }
    for (const id of ids) expect((await river.verdict(id)).state).toBe('cleared');
  });

  it('keeps the order of a sender while its database is away', async () => {
    const late = { client: { ...client, nino: 'QQ400003C' }, case: randomUUID() };
    await mesh.postgres.kill();
    const first = await river.send({
      ...late,
      name: 'consent.recorded',
      to: 'mesh',
      data: consent,
    });
    await until('the guard has tried', () =>
      guard.log.some(
        ({ msg }) =>
          msg === 'a batch is tried again' || msg === 'the parties could not be shared out now',
      ),
    );
    const second = await river.send({ ...late, name: 'tpr2.shared', to: 'jcp_wandsworth' });
    await mesh.postgres.restart();
    expect([(await river.verdict(first)).state, (await river.verdict(second)).state]).toEqual([
      'cleared',
      'cleared',
    ]);
  });

  it('judges each batch by what the one before it left', async () => {
    const another = { client: { ...client, nino: 'QQ400004C' }, case: randomUUID() };
    const sharing = { ...another, name: 'tpr2.shared' as const, to: 'jcp_wandsworth' };
    const expected: [id: string, state: string][] = [];
    const shares = async (count: number, state: string): Promise<void> => {
      for (let n = 0; n < count; n += 1) expected.push([await river.send(sharing), state]);
    };
    expected.push([
      await river.send({ ...another, name: 'consent.recorded', to: 'mesh', data: consent }),
      'cleared',
    ]);
    expected.push([await river.send(sharing), 'cleared']);
    expect((await river.verdict(expected[1]?.[0] ?? '')).state).toBe('cleared');
    const reused: string[] = [];
    guard.signal('SIGSTOP');
    for (let round = 0; round < 3; round += 1) {
      // Batches of 8: nothing in most of them but what goes out; then one that changes everything.
      await shares(21, 'cleared');
      // The same ids for other messages, a batch later.
      for (const [id] of expected.slice(-8)) {
        await river.put(id, river.compose({ ...sharing, id }).text, 'again');
        reused.push(id);
      }
      await shares(5, 'cleared');
      const given = { ...another, name: 'consent.withdrawn' as const, to: 'mesh' };
      expected.push([
        await river.send({ ...given, data: (context: FormContext) => withdrawal(context, 'TPR2') }),
        'cleared',
      ]);
      await shares(10, 'refused');
      expected.push([
        await river.send({ ...another, name: 'consent.recorded', to: 'mesh', data: consent }),
        'cleared',
      ]);
    }
    await shares(3, 'cleared');
    const before = jcp.received.length;
    const logged = guard.log.length;
    guard.signal('SIGCONT');
    for (const [index, [id, state]] of expected.entries()) {
      // What was let through may have been collected, or stopped by the withdrawal behind it.
      const seen = (await river.verdict(id)).state === 'refused' ? 'refused' : 'cleared';
      expect({ index, state: seen }).toEqual({ index, state });
    }
    await until('the last is delivered', () =>
      jcp.received.some(({ id }) => id === expected.at(-1)?.[0]),
    );
    expect(guard.log.slice(logged).filter(({ msg }) => msg === 'a batch is tried again')).toEqual(
      [],
    );
    const sent = new Set(expected.map(([id]) => id));
    const order = [...new Set(jcp.received.slice(before).map(({ id }) => id))].filter((id) =>
      sent.has(id),
    );
    expect(order).toEqual(expected.map(([id]) => id).filter((id) => order.includes(id)));
    const { rows } = await databaseOf(
      mesh,
      `select message from dead_letter where code = 'id-reused'`,
    );
    expect(rows.map(({ message }) => message).toSorted()).toEqual(reused.toSorted());
  });

  it('keeps the order of a sender when it is stopped with work in hand', async () => {
    guard.signal('SIGSTOP');
    const sent: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      const another = { client: { ...client, nino: `QQ4001${n + 10}C` }, case: randomUUID() };
      await river.send({ ...another, name: 'consent.recorded', to: 'mesh', data: consent });
      sent.push(await river.send({ ...another, name: 'tpr2.shared', to: 'jcp_wandsworth' }));
    }
    const before = jcp.received.length;
    guard.signal('SIGCONT');
    await until('work goes on', () => jcp.received.length > before);
    await guard.end('SIGTERM');
    guard = await mesh.guard(batches);
    await until(
      'all are decided',
      async () => (await river.verdict(sent.at(-1) ?? '')).state !== 'undecided',
    );
    for (const id of sent) expect((await river.verdict(id)).state).toBe('cleared');
    const order = () => [...new Set(jcp.received.slice(before).map(({ id }) => id))];
    await until('all are delivered', () => order().length >= sent.length);
    expect(order()).toEqual(sent);
  });
});

describe('a guard that hands a sender over with several messages in hand', () => {
  const about = (nino: string) => ({ client: { ...client, nino }, case: randomUUID() });
  const consented = (whom: ReturnType<typeof about>) => ({
    ...whom,
    name: 'consent.recorded' as const,
    to: 'mesh',
    data: consent,
  });
  const shared = (whom: ReturnType<typeof about>) => ({
    ...whom,
    name: 'tpr2.shared' as const,
    to: 'jcp_wandsworth',
  });

  beforeAll(async () => {
    await guard.end('SIGTERM');
    guard = await mesh.guard();
  });

  it.each([
    ['it is stopped', '3'],
    ['another begins and takes its part', '4'],
  ])(
    'leaves them to be judged in the order in which they were sent, where %s',
    async (how, digit) => {
      const [busy, leaving, coming] = [
        about(`QQ4003${digit}0C`),
        about(`QQ4003${digit}1C`),
        about(`QQ4003${digit}2C`),
      ];
      for (const whom of [busy, leaving]) await river.sendAndWait(consented(whom));
      const database = new Client({ connectionString: mesh.databaseUrl });
      await database.connect();
      // Another party's batch is at work on the first client: what lies behind their message waits in the guard's hand.
      const lock =
        'select pg_advisory_lock(hashtextextended((select client from client_case where id = $1)::text, 7))';
      await database.query(lock, [busy.case]);
      const withdrawn = (context: FormContext) => withdrawal(context, 'TPR2');
      const withdraws = {
        ...leaving,
        name: 'consent.withdrawn' as const,
        to: 'mesh',
        data: withdrawn,
      };
      const waitingSql = `select 1 from pg_locks where locktype = 'advisory' and not granted`;
      const sent: string[] = [];
      for (const wanted of [
        shared(busy),
        withdraws,
        shared(leaving),
        consented(coming),
        shared(coming),
      ]) {
        sent.push(await river.send(wanted));
        await until(
          'the guard waits for the first client',
          async () => (await database.query(waitingSql)).rowCount === 1,
        );
      }
      const stopped = how === 'it is stopped';
      const other = stopped ? undefined : mesh.guard();
      const ended = stopped ? guard.end('SIGTERM') : undefined;
      await (stopped
        ? until('it has begun to stop', () => answersNoMore(guard))
        : until('it gives its part to the other', async () => (await held(guard)) < allParties));
      await database.query('select pg_advisory_unlock_all()');
      await database.end();
      await ended;
      if (stopped) guard = await mesh.guard();
      const verdicts = await Promise.all(
        sent.map(async (id) => (await river.verdict(id)).records[0]?.verdict),
      );
      expect(verdicts).toEqual(['cleared', 'cleared', 'refused', 'cleared', 'cleared']);
      const ids = sent.map((id) => `'${id}'`).join(',');
      const { rows } = await databaseOf(
        mesh,
        `select id as message from record where ordinal = 0 and id in (${ids}) order by seq`,
      );
      expect(rows.map(({ message }) => message)).toEqual(sent);
      await (await other)?.end('SIGTERM');
    },
  );
});
