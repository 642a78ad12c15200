import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { CaseLine } from '#libs/contracts/ask-router.js';
import type { WorklistStep } from '#libs/contracts/ask.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { deliverySubject } from '#libs/contracts/subjects.js';
import {
  directoryEvents,
  district,
  meshEvent,
  newId,
  partyPut,
  personPut,
} from '#test/support/router-events.js';
import { RouterMesh } from '#test/support/router-mesh.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const area = `area:${district}/treatment`;
let mesh: RouterMesh;
let router: ServiceProcess;

beforeAll(async () => {
  mesh = await RouterMesh.start();
  await mesh.setClock('2026-03-04T09:00:00Z');
  router = await mesh.router();
  await mesh.publish(directoryEvents([jcp, 'jcp_leeds', trt, 'trt_beacon']));
  const { case: _case, ...office } = meshEvent('directory.party-put', {
    sender: 'svc_ops',
    to: 'mesh',
    directory: partyPut(jcp, { manager: 'p_jcp_manager', district }),
  });
  const { case: _none, ...manager } = meshEvent('directory.person-put', {
    sender: 'svc_ops',
    to: 'mesh',
    directory: personPut('p_jcp_manager', jcp, 'manager'),
  });
  await mesh.publish([office, manager]);
});
afterAll(async () => {
  expect(mesh.unread).toEqual([]);
  expect(await router.end()).toBe(0);
  await mesh.stop();
});

/** Events of a case of its own. */
function newCase() {
  const id = randomUUID();
  const event = (...[name, changes]: Parameters<typeof meshEvent>): MeshEvent =>
    meshEvent(name, { case: id, ...changes });
  const reminder = (kind: string, cause: string): MeshEvent => {
    const {
      case: _case,
      actor: _actor,
      ...due
    } = meshEvent('reminder.due', { sender: 'svc_reminders', to: 'mesh', cause });
    return { ...due, facts: { kind, dueOn: '2026-03-10', occurrence: 1 } };
  };
  return { id, event, reminder };
}

/** The open steps of a case at a party. */
const ofCase = async (id: string, party: string): Promise<readonly WorklistStep[]> =>
  mesh.worklist(party, [id]);

describe('the referral router', () => {
  it('names a party for a message that waits for an area, once', async () => {
    const { id, event } = newCase();
    const waiting = event('referral.requested', { sender: jcp, to: area, verdict: 'waiting' });
    await mesh.publish([waiting]);
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
    await mesh.publish([cleared, waiting], '.again');
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
    await mesh.publish([elsewhere]);
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
    await mesh.publish([referral, named, missed]);
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
    await mesh.publish([due, named, plan]);
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
    await mesh.publish([referral]);
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
    await mesh.publish([first]);
    const toDeputy = await mesh.sent('notice.requested', {
      kind: 'colleague-mail-held',
      cause: first.id,
    });
    expect(toDeputy.data['person']).toBe('p_trt_acme_deputy');
    const second = held(toDeputy.id, 'p_trt_acme_deputy');
    const repeated = held(notice.id, notice.data['person']);
    await mesh.publish([second, repeated]);
    const toLeader = await mesh.sent('notice.requested', {
      kind: 'colleague-mail-held',
      cause: second.id,
    });
    expect(toLeader.data['person']).toBe('p_trt_acme_lead');
    const third = held(toLeader.id, 'p_trt_acme_lead');
    const marker = newCase().event('referral.requested', { sender: jcp, to: trt });
    await mesh.publish([third, marker]);
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
    await mesh.publish([
      newer,
      older,
      party,
      event('referral.requested', { sender: jcp, to: 'trt_new' }),
    ]);
    await until('the step is there', async () => (await ofCase(id, 'trt_new')).length > 0);
    expect(await ofCase(id, 'trt_new')).toMatchObject([{ owner: 'p_new_lead' }]);
  });

  it('puts what it cannot read, and what is sent to it by name, into the dead letters, and goes on', async () => {
    const { event } = newCase();
    const letter = newId();
    await mesh.publishBytes('no list', 'malformed-1');
    await mesh.publishBytes(
      JSON.stringify({ id: letter, type: 'throughcare.mail.reported.v1' }),
      'to-router',
      deliverySubject('svc_router'),
    );
    const [before, after] = [1, 2].map(() => event('referral.requested', { sender: jcp, to: trt }));
    const wrong = { ...event('referral.requested', { sender: jcp, to: trt }), surname: 'Secret' };
    // One message of EVENTS: what is wrong in it takes nothing else with it.
    await mesh.publishBytes(JSON.stringify([before, wrong, after]), 'malformed-2');
    for (const told of [before, after]) await mesh.sent('notice.requested', { cause: told?.id });
    expect(await mesh.sent('deadletter.reported', { code: 'malformed-json' })).toMatchObject({
      data: { stream: 'EVENTS', deliveries: 1 },
    });
    expect(await mesh.sent('deadletter.reported', { code: 'malformed-message' })).toMatchObject({
      data: { stream: 'EVENTS', message: wrong.id, deliveries: 1 },
    });
    expect(await mesh.sent('deadletter.reported', { code: 'no-handler' })).toMatchObject({
      data: { stream: 'delivery', message: letter },
    });
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
    await mesh.publish(events);
    await until('some are applied', () => mesh.outgoing.length > before + 20);
    await router.end('SIGKILL');
    await mesh.publish(events, '.again');
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

  it('tells owner, deputy, team leader and manager of an overdue step, each once, in office hours', async () => {
    const { id, event } = newCase();
    const shared = event('tpr2.shared', { sender: trt, to: jcp, facts: { dpa1Current: true } });
    await mesh.publish([shared]);
    await until('the step is there', async () => (await ofCase(id, jcp)).length > 0);
    const desk = { kind: 'step-overdue', cause: shared.id };
    const chased = () =>
      mesh.outgoing.filter(
        ({ data }) => data['kind'] === 'step-overdue' && data['cause'] === shared.id,
      );
    await mesh.setClock('2026-03-06T23:30:00Z');
    await until('the day is not over', async () => (await ofCase(id, jcp))[0]?.overdue === false);
    // Saturday, then Monday before nine: overdue, and nobody is told yet.
    for (const early of ['2026-03-07T00:10:00Z', '2026-03-09T08:30:00Z']) {
      await mesh.setClock(early);
      await until('it is overdue', async () => (await ofCase(id, jcp))[0]?.overdue === true);
      await mesh.swept(router);
      expect(chased()).toEqual([]);
    }
    await mesh.setClock('2026-03-09T09:00:00Z');
    const owner = await mesh.sent('notice.requested', { ...desk, escalation: 'owner' });
    expect(owner.data).toMatchObject({
      step: 'note-receipt',
      dueOn: '2026-03-06',
      person: 'p_jcp_wandsworth_lead',
    });
    expect(await ofCase(id, jcp)).toMatchObject([{ overdue: true, escalation: 'owner' }]);
    await mesh.setClock('2026-03-20T09:00:00Z');
    const told = async (escalation: string): Promise<unknown> =>
      (await mesh.sent('notice.requested', { ...desk, escalation })).data['person'];
    expect([await told('deputy'), await told('team-leader'), await told('manager')]).toEqual([
      'p_jcp_wandsworth_deputy',
      'p_jcp_wandsworth_lead',
      'p_jcp_manager',
    ]);
    expect(await ofCase(id, jcp)).toMatchObject([{ overdue: true, escalation: 'team-leader' }]);
    expect(chased()).toHaveLength(4);
    const noted = event('tpr2.receipt-noted', {
      sender: jcp,
      to: trt,
      recordedAt: '2026-03-20T09:00:00Z',
    });
    await mesh.publish([noted]);
    await until('the step is closed', async () =>
      (await ofCase(id, jcp)).every(({ step }) => step === 'pass-to-adviser'),
    );
  });

  it('counts for the coordinator what went past the team leader, by region, and never below five', async () => {
    const figure = async (): Promise<unknown> => {
      const reply = await mesh.ask<{ figures: { overdue: number | null }[] }>('overdue-figures', {
        region: 'London',
      });
      return reply.ok ? reply.figures[0]?.overdue : reply;
    };
    const late = Array.from({ length: 4 }, () =>
      newCase().event('tpr2.shared', { sender: trt, to: jcp, facts: { dpa1Current: true } }),
    );
    expect(await figure()).toBeNull(); // the one of the test before
    await mesh.publish(late);
    await until('there are five', async () => (await figure()) === 5);
    expect(await mesh.ask('overdue-figures', { region: 'Kent' })).toMatchObject({
      ok: false,
      code: 'malformed-message',
      field: 'region',
    });
    expect(JSON.stringify(await mesh.ask('overdue-figures', {}))).not.toContain(late[0]?.case);
    await mesh.setClock('2027-03-22T09:00:00Z');
    await until('the year is over', async () => (await figure()) === null);
    await mesh.setClock('2026-03-20T09:30:00Z');
  });

  it('makes an answer that does not come the waiting party’s step, and tells its owner once', async () => {
    const { id, event } = newCase();
    const referral = event('referral.requested', {
      sender: jcp,
      to: trt,
      recordedAt: '2026-03-20T09:00:00Z',
    });
    await mesh.publish([referral]);
    const waiting = await until('it waits', async () => (await mesh.waiting(jcp, [id]))[0]);
    expect(waiting).toEqual({
      case: id,
      answer: 'acknowledgement',
      party: jcp,
      counterpart: trt,
      owner: 'p_jcp_wandsworth_1',
      since: '2026-03-20T09:00:00.000Z',
      dueOn: '2026-03-24',
      late: false,
      cause: referral.id,
    });
    expect(await mesh.waiting(trt, [id])).toEqual([]);
    await mesh.setClock('2026-03-25T09:00:00Z');
    const notice = await mesh.sent('notice.requested', {
      kind: 'no-answer-yet',
      cause: referral.id,
    });
    const [step] = await ofCase(id, jcp);
    expect(step).toMatchObject({ step: 'ask-client', counterpart: trt, dueOn: '2026-04-10' });
    expect(notice.data).toMatchObject({
      person: 'p_jcp_wandsworth_1',
      step: 'ask-client',
      dueOn: step?.dueOn,
    });
    expect(await mesh.waiting(jcp, [id])).toMatchObject([{ late: true }]);
    const answer = event('referral.acknowledged', {
      sender: trt,
      to: jcp,
      cause: referral.id,
      recordedAt: '2026-03-25T10:00:00Z',
    });
    await mesh.publish([answer]);
    await until('it is answered', async () => (await ofCase(id, jcp)).length === 0);
    await mesh.swept(router);
    expect(
      mesh.outgoing.filter(
        ({ data }) => data['kind'] === 'no-answer-yet' && data['cause'] === referral.id,
      ),
    ).toHaveLength(1);
  });

  it('lists a party’s cases in one line each, a page at a time', async () => {
    const cases = Array.from({ length: 3 }, () => newCase());
    const party = 'spoc_lsw';
    await mesh.publish([
      ...directoryEvents([party]),
      ...cases.map(({ event }) => event('referral.requested', { sender: jcp, to: party })),
    ]);
    const ask = async (more: object): Promise<{ cases: CaseLine[]; next?: string }> => {
      const reply = await mesh.ask<{ cases: CaseLine[]; next?: string }>('cases', {
        party,
        ...more,
      });
      if (!reply.ok) throw new Error(reply.code);
      return reply;
    };
    await until('all are there', async () => (await ask({})).cases.length === 3);
    const first = await ask({ limit: 2 });
    const second = await ask({ limit: 2, after: first.next });
    expect([...first.cases, ...second.cases].map((each) => each.case)).toEqual(
      cases.map(({ id }) => id).sort(),
    );
    expect(second.next).toBeUndefined();
    expect(first.cases[0]).toEqual({
      case: first.cases[0]?.case,
      state: 'open',
      since: '2026-03-04T09:00:00.000Z',
      owner: 'p_spoc_lsw_duty',
      next: 'acknowledge-referral',
      dueOn: '2026-03-06',
    });
    const { id, event } = cases[0]!;
    await mesh.publish([event('referral.forwarded', { sender: party, to: trt })]);
    await until('one is handed on', async () =>
      (await ask({})).cases.some((each) => each.case === id && each.end === 'handed-on'),
    );
    expect((await ask({ person: 'p_nobody' })).cases).toEqual([]);
    expect(await mesh.ask('cases', { of: party })).toMatchObject({
      ok: false,
      code: 'malformed-message',
    });
  });

  it('tells each heir once of the steps of a person who goes, and of one who will be away when that day comes', async () => {
    const office = 'trt_crown';
    const [one, two] = [newCase(), newCase()];
    const goes = 'p_trt_crown_1';
    await mesh.publish([
      ...directoryEvents([office]),
      ...[one, two].flatMap(({ event }) => [
        event('careplan.agreed', { sender: office, to: 'mesh', actor: goes }),
        event('referral.requested', { sender: jcp, to: office }),
      ]),
    ]);
    await until('they are theirs', async () =>
      (await mesh.worklist(office)).every(({ owner }) => owner === goes),
    );
    const person = (changes: object) => {
      const { case: _case, ...put } = meshEvent('directory.person-put', {
        sender: 'svc_ops',
        to: 'mesh',
        recordedAt: '2026-03-25T10:00:00Z',
        directory: personPut(goes, office, 'keyworker', changes),
      });
      return put;
    };
    const holiday = person({ absentFrom: '2026-03-26', absentUntil: '2026-04-08' });
    await mesh.publish([holiday]);
    await mesh.swept(router);
    expect((await mesh.worklist(office))[0]?.owner).toBe(goes);
    await mesh.setClock('2026-03-26T09:00:00Z');
    const notice = await mesh.sent('notice.requested', { kind: 'steps-inherited' });
    expect(notice.data).toEqual({
      kind: 'steps-inherited',
      cause: holiday.id,
      person: 'p_trt_crown_deputy',
      cases: [one.id, two.id].sort(),
    });
    expect((await mesh.worklist(office))[0]?.owner).toBe('p_trt_crown_deputy');
    await mesh.publish([person({ absentFrom: '2026-03-26', absentUntil: '2026-04-15' })]);
    await mesh.swept(router);
    // The heir goes too: they are told on, though they were never the heir's own.
    const { case: _case, ...also } = meshEvent('directory.person-put', {
      sender: 'svc_ops',
      to: 'mesh',
      recordedAt: '2026-03-26T10:00:00Z',
      directory: personPut('p_trt_crown_deputy', office, 'keyworker', {
        absentFrom: '2026-03-26',
        absentUntil: '2026-04-15',
      }),
    });
    await mesh.publish([also]);
    const second = await mesh.sent('notice.requested', {
      kind: 'steps-inherited',
      cause: also.id,
    });
    expect(second.data).toMatchObject({
      person: 'p_trt_crown_duty',
      cases: [one.id, two.id].sort(),
    });
    await mesh.setClock('2026-04-20T09:00:00Z');
    await until('back', async () => (await mesh.worklist(office))[0]?.owner === goes);
    const left = person({ active: false });
    await mesh.publish([left]);
    await mesh.sent('notice.requested', { kind: 'steps-inherited', cause: left.id });
    const inherited = mesh.outgoing.filter(({ data }) => data['kind'] === 'steps-inherited');
    expect(inherited.map(({ data }) => data['cause'])).toEqual([holiday.id, also.id, left.id]);
  });

  it('names the offices where nobody could answer', async () => {
    const { case: _case, ...leader } = meshEvent('directory.person-put', {
      sender: 'svc_ops',
      to: 'mesh',
      directory: personPut('p_empty_lead', 'trt_empty', 'manager', {
        deputy: 'p_empty_lead',
        absentFrom: '2026-04-01',
      }),
    });
    const { case: _none, ...party } = meshEvent('directory.party-put', {
      sender: 'svc_ops',
      to: 'mesh',
      directory: partyPut('trt_empty', {
        serves: [],
        dutyPerson: 'p_empty_lead',
        teamLeader: 'p_empty_lead',
      }),
    });
    await mesh.publish([leader, party]);
    await until('it is named', async () => {
      const reply = await mesh.ask<{ offices: string[] }>('unattended-offices', {});
      return reply.ok && reply.offices.includes('trt_empty') && !reply.offices.includes(jcp);
    });
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
    await mesh.publish([after]);
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
    await mesh.publish([after]);
    // The broker may have given it to the one that was killed: then it comes again after the ack wait of 30 s.
    await mesh.sent('notice.requested', { cause: after.id }, 45_000);
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
