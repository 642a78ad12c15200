import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { WorklistStep } from '#libs/contracts/ask.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { district, meshEvent, newId, partyPut, personPut } from '#test/support/router-events.js';
import { RouterMesh } from '#test/support/router-mesh.js';
import { jcp, newCase, publishTown, trt } from '#test/support/router-town.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

const area = `area:${district}/treatment`;
let mesh: RouterMesh;
let router: ServiceProcess;

beforeAll(async () => {
  mesh = await RouterMesh.start();
  await mesh.setClock('2026-03-04T09:00:00Z');
  router = await mesh.router();
  publishTown(mesh);
});
afterAll(async () => {
  expect(mesh.unread).toEqual([]);
  expect(await router.end()).toBe(0);
  await mesh.stop();
});

/** The open steps of a case at a party. */
const ofCase = async (id: string, party: string): Promise<readonly WorklistStep[]> =>
  mesh.worklist(party, [id]);

describe('the referral router', () => {
  it('names a party for a message that waits for an area, once', async () => {
    const { id, event } = newCase();
    const waiting = event('referral.requested', { sender: jcp, to: area, verdict: 'waiting' });
    mesh.publish([waiting]);
    const route = await mesh.sent('route.answered', { message: waiting.id });
    expect(route).toMatchObject({ to: 'mesh', data: { party: trt } });
    const { recipientKind: _none, ...rest } = waiting;
    const cleared = {
      ...rest,
      seq: waiting.seq + 5,
      verdict: 'cleared' as const,
      to: trt,
      recipientKind: 'treatment-provider' as const,
    };
    mesh.publish([cleared, waiting], '.again');
    await until(
      'the provider holds it',
      async () => (await ofCase(id, trt))[0]?.step === 'acknowledge-referral',
    );
    expect(mesh.outgoing.filter(({ name }) => name === 'route.answered')).toHaveLength(1);
    const elsewhere = newCase().event('referral.requested', {
      sender: jcp,
      to: 'area:kent/treatment',
      verdict: 'waiting',
    });
    mesh.publish([elsewhere]);
    expect((await mesh.sent('route.answered', { message: elsewhere.id })).data).not.toHaveProperty(
      'party',
    );
  });

  it('tells the current adviser of a did-not-attend, and shows the step on the worklist with owner, deputy and due date', async () => {
    const { id, event } = newCase();
    const referral = event('referral.requested', { sender: jcp, to: trt });
    const named = event('case.caseworker-named', {
      sender: jcp,
      to: 'mesh',
      facts: { person: 'p_jcp_leeds_2', from: '2026-03-01' },
    });
    const missed = event('appointment.did-not-attend', {
      sender: trt,
      to: jcp,
      facts: { on: '2026-03-03' },
    });
    mesh.publish([referral, named, missed]);
    const notice = await mesh.sent('notice.requested', {
      kind: 'did-not-attend',
      cause: missed.id,
    });
    expect(notice).toMatchObject({
      to: 'svc_notifier',
      data: { person: 'p_jcp_leeds_2', step: 'discuss-did-not-attend', dueOn: '2026-03-18' },
    });
    // On her own office's list, wherever the message went, and on no other.
    expect(await ofCase(id, 'jcp_leeds')).toEqual([
      {
        case: id,
        step: 'discuss-did-not-attend',
        party: 'jcp_leeds',
        owner: 'p_jcp_leeds_2',
        deputy: 'p_jcp_leeds_deputy',
        openedAt: '2026-03-04T09:00:00.000Z',
        dueOn: '2026-03-18',
        overdue: false,
        escalation: 'owner',
        cause: missed.id,
        about: 'appointment.did-not-attend',
        counterpart: trt,
      },
    ]);
    expect(await ofCase(id, jcp)).toEqual([]);
    expect(await mesh.worklist('jcp_leeds', [id], 'p_jcp_leeds_2')).toHaveLength(1);
    expect(await mesh.worklist('jcp_leeds', [id], 'p_jcp_leeds_1')).toEqual([]);
    expect((await ofCase(id, trt)).map((each) => each.step)).toEqual([]);
  });

  it('asks on the day who a reminder is for, also when the reminder comes before its anchor', async () => {
    const { id, event, reminder } = newCase();
    const plan = event('careplan.agreed', { sender: trt, to: 'mesh' });
    const due = reminder('care-plan-review', plan.id);
    const named = event('case.caseworker-named', {
      sender: trt,
      to: 'mesh',
      facts: { person: 'p_trt_acme_2', from: '2026-03-01' },
    });
    mesh.publish([due, named, plan]);
    const notice = await mesh.sent('notice.requested', {
      kind: 'care-plan-review-due',
      cause: due.id,
    });
    expect(notice.data).toMatchObject({
      person: 'p_trt_acme_2',
      step: 'review-care-plan',
      dueOn: '2026-03-17',
    });
    expect(await ofCase(id, trt)).toMatchObject([
      { step: 'review-care-plan', owner: 'p_trt_acme_2', dueOn: '2026-03-17' },
    ]);
  });

  it('tells the deputy of a mail that is held, the team leader when that is held too, then nobody', async () => {
    const { event } = newCase();
    const referral = event('referral.requested', {
      sender: jcp,
      to: trt,
      actor: 'p_jcp_wandsworth_1',
    });
    mesh.publish([referral]);
    const notice = await mesh.sent('notice.requested', {
      kind: 'referral-received',
      cause: referral.id,
    });
    const held = (about: string, person: unknown): MeshEvent => {
      const {
        case: _case,
        actor: _actor,
        ...report
      } = meshEvent('mail.reported', { sender: 'svc_notifier', to: 'mesh', cause: about });
      return { ...report, facts: { outcome: 'held', reason: 'no-key', person: String(person) } };
    };
    const first = held(notice.id, notice.data['person']);
    mesh.publish([first]);
    const toDeputy = await mesh.sent('notice.requested', {
      kind: 'colleague-mail-held',
      cause: first.id,
    });
    expect(toDeputy.data['person']).toBe('p_trt_acme_deputy');
    const second = held(toDeputy.id, 'p_trt_acme_deputy');
    const repeated = held(notice.id, notice.data['person']);
    mesh.publish([second, repeated]);
    const toLeader = await mesh.sent('notice.requested', {
      kind: 'colleague-mail-held',
      cause: second.id,
    });
    expect(toLeader.data['person']).toBe('p_trt_acme_lead');
    const third = held(toLeader.id, 'p_trt_acme_lead');
    const marker = newCase().event('referral.requested', { sender: jcp, to: trt });
    mesh.publish([third, marker]);
    await mesh.sent('notice.requested', { cause: marker.id });
    expect(
      mesh.outgoing.filter(
        ({ data }) => data['cause'] === third.id || data['cause'] === repeated.id,
      ),
    ).toEqual([]);
  });

  it('keeps the newer word of the directory, whichever comes last', async () => {
    const { id, event } = newCase();
    const { case: _case, ...older } = meshEvent('directory.person-put', {
      sender: 'svc_ops',
      to: 'mesh',
      directory: personPut('p_new', 'trt_new', 'keyworker'),
    });
    const newer = {
      ...older,
      id: newId(),
      seq: older.seq + 1,
      directory: personPut('p_new', 'trt_new', 'keyworker', { active: false }),
    };
    const { case: _none, ...party } = meshEvent('directory.party-put', {
      sender: 'svc_ops',
      to: 'mesh',
      directory: partyPut('trt_new', { serves: [], dutyPerson: 'p_new', teamLeader: 'p_new_lead' }),
    });
    mesh.publish([
      newer,
      older,
      party,
      event('referral.requested', { sender: jcp, to: 'trt_new' }),
    ]);
    await until('the step is there', async () => (await ofCase(id, 'trt_new')).length > 0);
    expect(await ofCase(id, 'trt_new')).toMatchObject([{ owner: 'p_new_lead' }]);
  });

  it('puts what it cannot read into the dead letters, and goes on', async () => {
    const { event } = newCase();
    const [before, after] = [1, 2].map(() => event('referral.requested', { sender: jcp, to: trt }));
    const wrong = { ...event('referral.requested', { sender: jcp, to: trt }), surname: 'Secret' };
    for (const told of ['no event', before, wrong, after]) mesh.publishRaw(told);
    for (const told of [before, after]) await mesh.sent('notice.requested', { cause: told?.id });
    expect(
      await mesh.sent('deadletter.reported', { message: wrong.id, code: 'malformed-message' }),
    ).toMatchObject({ data: { stream: 'events', deliveries: 1 } });
    const nameless = mesh.outgoing.filter(
      ({ name, data }) => name === 'deadletter.reported' && data['message'] === undefined,
    );
    expect(nameless).toMatchObject([{ data: { code: 'malformed-message', stream: 'events' } }]);
  });

  it('applies each event once, whatever is killed meanwhile', async () => {
    const cases = Array.from({ length: 60 }, () => newCase());
    const events = cases.flatMap(({ event }) => [
      event('referral.requested', { sender: jcp, to: 'trt_beacon' }),
      event('referral.acknowledged', {
        sender: 'trt_beacon',
        to: jcp,
        facts: { keyworker: 'p_trt_beacon_1' },
      }),
    ]);
    const before = mesh.outgoing.length;
    mesh.publish(events);
    await until('some are applied', () => mesh.outgoing.length > before + 20);
    await router.end('SIGKILL');
    mesh.publish(events, '.again');
    router = await mesh.router();
    // What the killed one had in hand comes again after the ack wait; newer events are held until then.
    await until(
      'all are told',
      () => distinct(mesh.outgoing.slice(before)) === events.length,
      40_000,
    );
    const ids = cases.map(({ id }) => id);
    await until('all are applied', async () =>
      (await mesh.worklist('trt_beacon', ids)).every(
        ({ step }) => step === 'book-first-appointment',
      ),
    );
    expect(await mesh.worklist('trt_beacon', ids)).toHaveLength(60);
    // A message whose ack was lost in the crash goes out again with its id and its bytes: the guard knows it.
    expect(new Set(mesh.outgoing.map(({ text }) => text)).size).toBe(distinct(mesh.outgoing));
  });

  it('counts open steps for the operator, and refuses a question that is none', async () => {
    const counts = await mesh.ask<{ counts: { party: string; step: string; open: number }[] }>(
      'counts',
      {},
    );
    expect(counts).toMatchObject({ ok: true });
    expect(
      counts.ok &&
        counts.counts.find(
          ({ party, step }) => party === 'trt_beacon' && step === 'book-first-appointment',
        )?.open,
    ).toBe(60);
    expect(await mesh.ask('worklist', { of: jcp })).toMatchObject({
      ok: false,
      code: 'malformed-message',
    });
    expect(await mesh.ask('secrets', {})).toMatchObject({ ok: false, code: 'not-found' });
  });

  it('says whether it is well, and what it read', async () => {
    expect((await fetch(`${router.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${router.url}/metrics`)).text()).toMatch(
      /throughcare_router_events_total\{verdict="cleared"\} \d+/,
    );
    await mesh.postgres.kill();
    await until(
      'not ready without its database',
      async () => (await fetch(`${router.url}/health/ready`)).status === 503,
    );
    await mesh.postgres.restart();
    const { event } = newCase();
    const after = event('referral.requested', { sender: jcp, to: trt });
    mesh.publish([after]);
    await mesh.sent('notice.requested', { cause: after.id });
    await until(
      'ready again',
      async () => (await fetch(`${router.url}/health/ready`)).status === 200,
    );
  });

  it('lets a second instance stand by, and take over when the first is killed', async () => {
    const second = await mesh.router();
    expect((await fetch(`${second.url}/health/ready`)).status).toBe(200);
    await router.end('SIGKILL');
    router = second;
    await until('it takes over', async () =>
      (await (await fetch(`${second.url}/metrics`)).text()).includes(
        'throughcare_router_following 1',
      ),
    );
    const { event } = newCase();
    const after = event('referral.requested', { sender: jcp, to: trt });
    mesh.publish([after]);
    await mesh.sent('notice.requested', { cause: after.id });
  });

  it('holds nothing about a client in its database beyond envelope and facts', async () => {
    const client = new Client({ connectionString: mesh.postgres.url('router') });
    await client.connect();
    const { rows } = await client.query<{ key: string }>(
      'select distinct jsonb_object_keys(event) as key from records',
    );
    await client.end();
    const known = [
      'id',
      'seq',
      'type',
      'verdict',
      'reason',
      'sender',
      'senderKind',
      'to',
      'recipientKind',
      'case',
      'actor',
      'time',
      'recordedAt',
      'facts',
      'cause',
    ];
    expect(known).toEqual(expect.arrayContaining(rows.map(({ key }) => key)));
  });
});

const distinct = (messages: readonly { readonly id: string }[]): number =>
  new Set(messages.map(({ id }) => id)).size;
