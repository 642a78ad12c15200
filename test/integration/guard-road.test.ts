import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Timeline } from '#libs/contracts/ask.js';
import { district } from '#test/support/guard-builders.js';
import { type FormContext, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';
import { usualStart } from '#test/support/usual-start.js';

const hourMs = 3_600_000;
const area = `area:${district}/treatment`;
let mesh: GuardMesh;
let jcp: MeshParty;
let river: MeshParty;
let hill: MeshParty;
let router: MeshParty;
let operator: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  [jcp, river, hill, router, operator] = await Promise.all([
    mesh.party('jcp_wandsworth'),
    mesh.party('tp_river'),
    mesh.party('tp_hill'),
    mesh.party('svc_router'),
    mesh.party('svc_ops'),
  ]);
  router.follow();
  hill.collect();
});
afterAll(() => mesh.stop());

let clients = 0;
/** A client and a case of their own. */
function newCase(): { readonly case: string; readonly client: FormContext['client'] } {
  clients += 1;
  return {
    case: randomUUID(),
    client: { nino: `QQ${400_000 + clients}B`, surname: 'Sample', dateOfBirth: '1990-05-05' },
  };
}

const consentTo = (parties: readonly string[]) => (context: FormContext) =>
  tpr2Consent(context, parties);
const withdrawn = (context: FormContext) => withdrawal(context, 'TPR2');
const states = ({ records }: Timeline): readonly string[] => records.map(({ verdict }) => verdict);
const timeline = async (party: MeshParty, id: string): Promise<Timeline> => {
  const reply = await party.ask<Timeline>('timeline', { id });
  if (!reply.ok) throw new Error(reply.code);
  return reply;
};
const deadLetters = async () => {
  const reply = await operator.ask<{
    deadLetters: { deadLetter: string; party: string; message?: string; code: string }[];
  }>('dead-letters', {});
  if (!reply.ok) throw new Error(reply.code);
  return reply.deadLetters;
};

async function withDatabase(work: (database: Client) => Promise<void>): Promise<void> {
  const database = new Client({ connectionString: mesh.databaseUrl });
  await database.connect();
  try {
    await work(database);
  } finally {
    await database.end();
  }
}

describe('a message to an area', () => {
  it('waits for a route, and is delivered to the party that the router names and the client consented to', async () => {
    const own = newCase();
    const consent = (context: FormContext) => tpr1(context, ['tp_hill'], district);
    expect(
      (await jcp.sendAndWait({ ...own, name: 'consent.recorded', to: 'mesh', data: consent }))
        .state,
    ).toBe('cleared');
    const referral = await jcp.send({ ...own, name: 'referral.requested', to: area });
    expect((await jcp.verdict(referral)).state).toBe('waiting');
    const event = await until('the router learns that it waits', () =>
      router.events.find(({ id }) => id === referral),
    );
    expect(event).toMatchObject({ verdict: 'waiting', case: own.case, to: area });
    expect(JSON.stringify(event)).not.toContain('QQ4');

    const wrong = await router.send({
      name: 'route.answered',
      to: 'mesh',
      data: { message: referral, party: 'tp_river' },
    });
    const ended = await until('the wait ends', async () => {
      const now = await timeline(jcp, referral);
      return now.state === 'waiting' ? undefined : now;
    });
    expect(ended).toMatchObject({ state: 'stopped' });
    expect((await router.ask('verdict', { id: wrong })).ok).toBe(false);

    const again = await jcp.send({ ...own, name: 'referral.requested', to: area });
    await jcp.verdict(again);
    await router.send({
      name: 'route.answered',
      to: 'mesh',
      data: { message: again, party: 'tp_hill' },
    });
    expect(await hill.delivery(again)).toMatchObject({ to: 'tp_hill', case: own.case });
    expect(states(await timeline(jcp, again))).toEqual(['waiting', 'cleared']);
  });

  it('is delivered once, though its sender’s own copy and the route come again', async () => {
    const own = newCase();
    const consent = (context: FormContext) => tpr1(context, ['tp_hill'], district);
    await jcp.sendAndWait({ ...own, name: 'consent.recorded', to: 'mesh', data: consent });
    const { id, text } = jcp.compose({ ...own, name: 'referral.requested', to: area });
    await jcp.put(id, text);
    expect((await jcp.verdict(id)).state).toBe('waiting');
    const route = router.compose({
      name: 'route.answered',
      to: 'mesh',
      data: { message: id, party: 'tp_hill' },
    });
    await router.put(route.id, route.text);
    await hill.delivery(id);
    await jcp.put(id, text, 'again');
    await router.put(route.id, route.text, 'again');
    const last = await router.send({
      name: 'route.answered',
      to: 'mesh',
      data: { message: id, party: 'tp_hill' },
    });
    await jcp.sendAndWait({ ...own, name: 'referral.requested', to: 'tp_river' });
    await withDatabase(async (database) => {
      const decided = () => database.query('select 1 from record where id = $1', [last]);
      await until('all before is decided', async () => (await decided()).rowCount === 1);
    });
    expect(hill.received.filter((message) => message.id === id)).toHaveLength(1);
    expect(states(await timeline(jcp, id))).toEqual(['waiting', 'cleared']);
  });

  it('waits no longer than its time: then it is stopped, its sender and the router learn why, and a route that comes after that delivers nothing', async () => {
    const own = newCase();
    const consent = (context: FormContext) => tpr1(context, ['tp_hill'], district);
    await jcp.sendAndWait({ ...own, name: 'consent.recorded', to: 'mesh', data: consent });
    const referral = await jcp.send({ ...own, name: 'referral.requested', to: area });
    expect((await jcp.verdict(referral)).state).toBe('waiting');
    const database = new Client({ connectionString: mesh.databaseUrl });
    await database.connect();
    const held = () =>
      database.query<{ expires_at: Date }>('select expires_at from held where id = $1', [referral]);
    const expiresAt = (await held()).rows[0]?.expires_at ?? usualStart;
    expect(expiresAt.getTime() - mesh.clock.now().getTime()).toBeGreaterThan(71 * hourMs);
    const over = mesh.clock.now();
    await database.query('update held set expires_at = $2 where id = $1', [referral, over]);
    const ended = await until('the wait ends', async () => {
      const now = await timeline(jcp, referral);
      return now.state === 'waiting' ? undefined : now;
    });
    expect(ended).toMatchObject({
      state: 'stopped',
      records: [{ verdict: 'waiting' }, { verdict: 'stopped', reason: 'route-timeout' }],
    });
    const event = await until('the router learns of it', () =>
      router.events.find(({ id, verdict }) => id === referral && verdict === 'stopped'),
    );
    expect(event.reason).toBe('route-timeout');
    expect((await held()).rowCount).toBe(0);
    const late = await router.send({
      name: 'route.answered',
      to: 'mesh',
      data: { message: referral, party: 'tp_hill' },
    });
    const lateSql =
      'select 1 from record where id = $1 union all select 1 from dead_letter where message = $1';
    await until(
      'the late route is worked',
      async () => (await database.query(lateSql, [late])).rowCount,
    );
    await database.end();
    const next = await jcp.send({ ...own, name: 'referral.requested', to: 'tp_hill' });
    await hill.delivery(next);
    expect(hill.received.map(({ id }) => id)).not.toContain(referral);
  });
});

describe('a message that no consent covers', () => {
  it('reaches nobody; its sender is told to seek consent, and EVENTS tells no more than that', async () => {
    const own = newCase();
    const id = await jcp.send({ ...own, name: 'referral.requested', to: 'tp_hill' });
    expect(await jcp.verdict(id)).toMatchObject({
      state: 'refused',
      task: 'seek-consent',
      records: [{ reason: 'no-consent-on-record' }],
    });
    const event = await until('the router learns of it', () =>
      router.events.find((each) => each.id === id),
    );
    expect(event).toMatchObject({ verdict: 'refused', reason: 'no-consent-on-record' });
    expect(hill.received.some((message) => message.id === id)).toBe(false);
    expect(await hill.ask('timeline', { id })).toMatchObject({ ok: false, code: 'not-found' });
  });
});

describe('a withdrawal', () => {
  it('stops what was not given, tells who holds what was, and is not confirmed before', async () => {
    const own = newCase();
    await river.sendAndWait({
      ...own,
      name: 'consent.recorded',
      to: 'mesh',
      data: consentTo(['jcp_lambeth']),
    });
    const held = await river.send({ ...own, name: 'tpr2.shared', to: 'jcp_lambeth' });
    await river.verdict(held);
    const lambeth = await mesh.party('jcp_lambeth');
    expect((await lambeth.pull()).id).toBe(held);
    const unread = await river.send({ ...own, name: 'tpr2.shared', to: 'jcp_lambeth' });
    await river.verdict(unread);

    const database = new Client({ connectionString: mesh.databaseUrl });
    await database.connect();
    await database.query('begin; lock table delivery in share mode');
    const taken = await river.send({
      ...own,
      name: 'consent.withdrawn',
      to: 'mesh',
      data: withdrawn,
    });
    // One commit: before what lies there is taken back, nothing of the withdrawal is on record.
    expect(await river.ask('verdict', { id: taken, waitMs: 500 })).toMatchObject({
      state: 'undecided',
    });
    expect((await database.query('select 1 from record where id = $1', [taken])).rowCount).toBe(0);
    await database.query('rollback');
    await database.end();

    expect((await river.verdict(taken)).state).toBe('cleared');
    expect(states(await timeline(river, unread))).toEqual(['cleared', 'stopped']);
    expect(states(await timeline(river, held))).toEqual(['cleared']);
    // While it may be at work on what it has, nothing later in the case is given to it.
    await expect(lambeth.ask('take', { take: randomUUID(), max: 8 })).resolves.toMatchObject({
      messages: [],
    });
    await lambeth.finish(held);
    lambeth.collect();
    const instruction = await until('the holder is told', () =>
      lambeth.received.find(({ type }) => type.includes('stop-using')),
    );
    expect(instruction).toMatchObject({
      case: own.case,
      data: { what: 'stop-using-and-take-off-the-record' },
    });
    expect(lambeth.received.map(({ id }) => id)).not.toContain(unread);
    expect(
      (await river.sendAndWait({ ...own, name: 'tpr2.shared', to: 'jcp_lambeth' })).state,
    ).toBe('refused');
  });

  it('waits for a batch at work on its client', async () => {
    const own = newCase();
    await river.sendAndWait({
      ...own,
      name: 'consent.recorded',
      to: 'mesh',
      data: consentTo(['jcp_lambeth']),
    });
    const batch = new Client({ connectionString: mesh.databaseUrl });
    await batch.connect();
    await batch.query(
      'select pg_advisory_lock_shared(hashtextextended(client::text, 7)) from client_case where id = $1',
      [own.case],
    );
    const taken = await river.send({
      ...own,
      name: 'consent.withdrawn',
      to: 'mesh',
      data: withdrawn,
    });
    expect(await river.ask('verdict', { id: taken, waitMs: 300 })).toMatchObject({
      state: 'undecided',
    });
    await batch.end();
    expect((await river.verdict(taken)).state).toBe('cleared');
  });
});

describe('bad input', () => {
  it('an id used again with another body is a dead letter, and the first message stands', async () => {
    const own = newCase();
    const { id, text } = jcp.compose({ ...own, name: 'referral.requested', to: 'tp_hill' });
    await jcp.put(id, text);
    const first = await jcp.verdict(id);
    const other = text.replace('prefers mornings', 'prefers evenings');
    await jcp.put(id, other);
    const letter = await until('a dead letter', async () =>
      (await deadLetters()).find(({ message }) => message === id),
    );
    expect(letter).toMatchObject({ party: 'jcp_wandsworth', code: 'id-reused' });
    const digest = (body: string): string => createHash('sha256').update(body).digest('hex');
    expect(await jcp.ask('seen', { id, digest: digest(text) })).toMatchObject({ seen: 'same' });
    expect(await jcp.ask('seen', { id, digest: digest(other) })).toMatchObject({ seen: 'other' });
    expect(await jcp.verdict(id)).toEqual(first);
  });

  it('poison does not stop the road, and can be sent again by the operator', async () => {
    await jcp.put(randomUUID(), 'not JSON');
    const own = newCase();
    const { id, text } = river.compose({
      ...own,
      name: 'consent.recorded',
      to: 'mesh',
      data: consentTo(['jcp_wandsworth']),
    });
    await river.put(id, text.replace('"formReference"', '"formReferences"'));
    expect(await river.verdict(id)).toMatchObject({
      state: 'refused',
      records: [{ reason: 'malformed-message' }],
    });
    const next = await jcp.sendAndWait({ ...newCase(), name: 'referral.requested', to: 'tp_hill' });
    expect(next.state).toBe('refused');
    const letters = await until('both are dead letters', async () => {
      const all = await deadLetters();
      return all.some(({ code }) => code === 'malformed-json') &&
        all.some(({ message }) => message === id)
        ? all
        : undefined;
    });
    for (const { deadLetter } of letters)
      expect(
        (
          await operator.sendAndWait({
            name: 'deadletter.redrive',
            to: 'mesh',
            data: { deadLetter },
          })
        ).state,
      ).toBe('cleared');
    expect(
      (await jcp.sendAndWait({ ...newCase(), name: 'referral.requested', to: 'tp_hill' })).state,
    ).toBe('refused');
  });

  it('a message that says a field twice is unreadable, and says which, also when it is sent again', async () => {
    const own = newCase();
    const { id, text } = jcp.compose({ ...own, name: 'referral.requested', to: 'tp_hill' });
    await jcp.put(id, text.replace('"to":', '"\\u0074o":"tp_river","to":'));
    expect(await jcp.verdict(id)).toMatchObject({
      state: 'refused',
      records: [{ reason: 'malformed-json', field: 'to' }],
    });
    const letter = await until('it is a dead letter', async () =>
      (await deadLetters()).find(({ message }) => message === id),
    );
    const data = { deadLetter: letter.deadLetter };
    await operator.sendAndWait({ name: 'deadletter.redrive', to: 'mesh', data });
    expect(
      (await jcp.sendAndWait({ ...own, name: 'referral.requested', to: 'tp_hill' })).state,
    ).toBe('refused');
    const after = (await deadLetters()).find(({ message }) => message === id);
    expect(after).toEqual(letter);
  });

  it('a dead letter sent again is decided anew, once', async () => {
    const own = newCase();
    const { id, text } = river.compose({
      ...own,
      name: 'consent.recorded',
      to: 'mesh',
      data: consentTo(['jcp_wandsworth']),
    });
    await river.put(id, text);
    await river.verdict(id);
    const other = text.replace('TPR2 0001', 'TPR2 0002');
    await river.put(id, other);
    const letter = await until('a dead letter', async () =>
      (await deadLetters()).find(({ message }) => message === id),
    );
    for (const attempt of [1, 2]) {
      const redrive = { deadLetter: letter.deadLetter };
      expect({
        attempt,
        state: (
          await operator.sendAndWait({ name: 'deadletter.redrive', to: 'mesh', data: redrive })
        ).state,
      }).toEqual({
        attempt,
        state: 'cleared',
      });
    }
    const database = new Client({ connectionString: mesh.databaseUrl });
    await database.connect();
    const decided = async () =>
      (await database.query('select verdict from record where case_id = $1', [own.case])).rows;
    await until('it is decided anew', async () => (await decided()).length === 2);
    expect(await decided()).toEqual([{ verdict: 'cleared' }, { verdict: 'cleared' }]);
    await database.end();
  });
});
