import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { typeOf } from '#libs/contracts/message-table.js';
import { tomas, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { HoldingProxy } from '#test/support/holding-proxy.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import { allow } from '#test/support/pace.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

const [provider, office] = ['tp_river', 'jcp_wandsworth'];
/** README, "How it fails": silent for 6 s, taken over within two looks. */
const takenOverMs = 20_000;

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

async function start(): Promise<GuardMesh> {
  const mesh = await GuardMesh.start();
  open.push(mesh);
  return mesh;
}

/** A guard behind a proxy, a client who consents, and a first message that makes the office a party to the case. */
async function stage(): Promise<{
  mesh: GuardMesh;
  proxy: HoldingProxy;
  database: HoldingProxy;
  guard: ServiceProcess;
  giver: MeshParty;
  taker: MeshParty;
  caseId: string;
}> {
  const mesh = await start();
  const proxy = await HoldingProxy.to(mesh.nats.broker.url);
  const database = await HoldingProxy.to(mesh.databaseUrl);
  open.unshift({ stop: () => proxy.stop() }, { stop: () => database.stop() });
  const guard = await mesh.guard({
    NATS_URL: proxy.url,
    DATABASE_URL: throughProxy(mesh.databaseUrl, database),
  });
  await mesh.applyDirectory();
  const [giver, taker, caseId] = [
    await mesh.party(provider),
    await mesh.party(office),
    randomUUID(),
  ];
  await giver.sendAndWait({
    case: caseId,
    name: 'consent.recorded',
    to: 'mesh',
    data: (context) => tpr2Consent(context, [office]),
  });
  await giver.sendAndWait({ case: caseId, name: 'tpr2.shared', to: office });
  return { mesh, proxy, database, guard, giver, taker, caseId };
}

function throughProxy(databaseUrl: string, proxy: HoldingProxy): string {
  const url = new URL(databaseUrl);
  url.host = new URL(proxy.url).host;
  return url.href;
}

/** Of the deliveries of a case to the office that are not done, in order. */
async function standing(mesh: GuardMesh, caseId: string): Promise<readonly object[]> {
  const database = new Client({ connectionString: mesh.databaseUrl });
  await database.connect();
  const { rows } = await database.query<object>(
    `select state, given > 0 as "isGiven", coalesce(hand_until > now(), false) as "isInHand" from delivery
     where case_id = $1 and recipient = $2 and (state = 'open' or hand_until is not null) order by place`,
    [caseId, office],
  );
  await database.end();
  return rows;
}

/** Sends a withdrawal and waits for its confirmation, though a guard that is stopped may be the one that is asked. */
async function withdraw(party: MeshParty, caseId: string): Promise<void> {
  const id = await party.send({
    case: caseId,
    name: 'consent.withdrawn',
    to: 'mesh',
    data: (context) => withdrawal(context, 'TPR2'),
  });
  await until(
    'the withdrawal is confirmed',
    async () => (await stateOf(party, id)) === 'cleared',
    takenOverMs + 10_000,
  );
}

const stateOf = async (party: MeshParty, id: string): Promise<unknown> => {
  const reply = await party.ask<{ state: string }>('verdict', { id, waitMs: 500 }, 1_500);
  return reply.ok ? reply.state : undefined;
};

/** What comes to the office from now on, up to a message of another client that is sent last. */
async function receivedUpTo(giver: MeshParty, taker: MeshParty): Promise<readonly string[]> {
  taker.collect();
  const other = { case: randomUUID(), client: tomas };
  const consent = await giver.send({
    ...other,
    name: 'consent.recorded',
    to: 'mesh',
    data: (context) => tpr2Consent(context, [office]),
  });
  await until(
    'another consent is recorded',
    async () => (await stateOf(giver, consent)) === 'cleared',
    takenOverMs + 10_000,
  );
  const last = await giver.send({ ...other, name: 'tpr2.shared', to: office });
  await until(
    'the last message comes',
    () => taker.received.some(({ id }) => id === last),
    takenOverMs + 10_000,
  );
  return taker.received.map(({ id }) => id);
}

describe('a guard that is stopped right before its decision is committed', () => {
  it(
    'cannot commit it once the withdrawal is confirmed',
    async () => {
      const { mesh, database, guard, giver, taker, caseId } = await stage();
      database.holdFrom('move-place', 'up');
      const id = await giver.send({ case: caseId, name: 'tpr2.shared', to: office });
      await until('the guard commits', () => database.hasHeld);
      guard.signal('SIGSTOP');
      await mesh.guard();
      await withdraw(taker, caseId);
      database.release();
      guard.signal('SIGCONT');
      expect(await receivedUpTo(giver, taker)).not.toContain(id);
      // Decided by the other, after what the taker's side recorded or before it: never given out.
      expect(['refused', 'cleared']).toContain(
        await until('it is told what became of it', () => stateOf(giver, id)),
      );
    },
    allow(120_000),
  );
});

describe('a guard that is stopped between the commit of a take and its answer', () => {
  it(
    'has what it gave counted as had, and nothing later in the case is given while that may be at work',
    async () => {
      const { mesh, proxy, guard, giver, taker, caseId } = await stage();
      await taker.takeNext();
      const id = await giver.send({ case: caseId, name: 'tpr2.shared', to: office });
      await until('it is cleared', async () => (await stateOf(giver, id)) === 'cleared');
      proxy.holdFrom('"messages":[{', 'up');
      const asked = taker.ask('take', { take: randomUUID(), max: 1 }, allow(60_000));
      await until('the guard has answered', () => proxy.hasHeld);
      guard.signal('SIGSTOP');
      await mesh.guard();
      await withdraw(taker, caseId);
      // Nobody asks for it now: a question that waits at the stopped guard would be given it when nobody listens any more.
      expect(await standing(mesh, caseId)).toEqual([
        { state: 'collected', isGiven: true, isInHand: true },
        { state: 'open', isGiven: false, isInHand: false },
      ]);
      proxy.release();
      guard.signal('SIGCONT');
      expect(await asked).toMatchObject({ messages: [{ message: { id } }] });
      await taker.finish(id);
      expect(await taker.takeNext()).toMatchObject({
        case: caseId,
        type: typeOf('instruction.stop-using'),
      });
    },
    allow(120_000),
  );
});

describe('three guards', () => {
  const held = async (guard: ServiceProcess): Promise<number> => {
    const text = await (await fetch(`${guard.url}/metrics`)).text();
    return Number(/^throughcare_guard_parties_held (\d+)$/m.exec(text)?.[1]);
  };
  const share = (guards: readonly ServiceProcess[]): Promise<readonly number[]> =>
    Promise.all(guards.map(held));
  /** Seven parties of agencies and four of the mesh's own. */
  const parties = 11;
  const isFair = (counts: readonly number[]): boolean =>
    counts.reduce((sum, count) => sum + count, 0) === parties &&
    Math.max(...counts) <= Math.ceil(parties / counts.length);

  it('share the parties fairly, take over from one that is killed or stopped, and share again when it is back', async () => {
    const mesh = await start();
    const guards = [await mesh.guard(), await mesh.guard(), await mesh.guard()];
    await mesh.applyDirectory();
    await until('all is shared', async () => isFair(await share(guards)));
    const [killed, stopped, last] = guards as [ServiceProcess, ServiceProcess, ServiceProcess];
    await killed.end('SIGKILL');
    await until(
      'the two share what the third had',
      async () => isFair(await share([stopped, last])),
      4_000,
    );
    stopped.signal('SIGSTOP');
    await until('the last has all', async () => (await held(last)) === parties, 10_000);
    stopped.signal('SIGCONT');
    await until('the two share again', async () => isFair(await share([stopped, last])), 10_000);
    const giver = await mesh.party(provider);
    const consent = { case: randomUUID(), name: 'consent.recorded' as const, to: 'mesh' };
    expect(
      (await giver.sendAndWait({ ...consent, data: (context) => tpr2Consent(context, [office]) }))
        .state,
    ).toBe('cleared');
  });
});
