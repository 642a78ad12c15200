import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CaseLine } from '#libs/contracts/ask-router.js';
import type { WorklistStep } from '#libs/contracts/ask.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { directoryEvents, meshEvent, partyPut, personPut } from '#test/support/router-events.js';
import { RouterMesh } from '#test/support/router-mesh.js';
import { jcp, newCase, publishTown, trt } from '#test/support/router-town.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

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

describe('the referral router, as time goes on', () => {
  it('tells owner, deputy, team leader and manager of an overdue step, each once, in office hours', async () => {
    const { id, event } = newCase();
    const shared = event('tpr2.shared', { sender: trt, to: jcp, facts: { dpa1Current: true } });
    mesh.publish([shared]);
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
    mesh.publish([noted]);
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
    mesh.publish(late);
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
    mesh.publish([referral]);
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
    mesh.publish([answer]);
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
    mesh.publish([
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
    mesh.publish([event('referral.forwarded', { sender: party, to: trt })]);
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
    mesh.publish([
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
    mesh.publish([holiday]);
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
    mesh.publish([person({ absentFrom: '2026-03-26', absentUntil: '2026-04-15' })]);
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
    mesh.publish([also]);
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
    mesh.publish([left]);
    await mesh.sent('notice.requested', { kind: 'steps-inherited', cause: left.id });
    const inherited = mesh.outgoing.filter(({ data }) => data['kind'] === 'steps-inherited');
    expect(inherited.map(({ data }) => data['cause'])).toEqual([holiday.id, also.id, left.id]);
  });

  it('warns both sides of a local sharing agreement once for each reminder of its lapse', async () => {
    const about = (
      name: 'directory.agreement-put' | 'reminder.due',
      more: Partial<MeshEvent> & Pick<MeshEvent, 'sender'>,
    ) => {
      const { case: _case, actor: _actor, ...event } = meshEvent(name, { to: 'mesh', ...more });
      return event;
    };
    const put = about('directory.agreement-put', {
      sender: 'svc_ops',
      facts: { offices: `${jcp} trt_crown`, until: '2026-06-15', active: true },
    });
    const due = about('reminder.due', {
      sender: 'svc_reminders',
      cause: put.id,
      facts: { kind: 'agreement-lapse-8', dueOn: '2026-06-15', occurrence: 1 },
    });
    mesh.publish([...directoryEvents([jcp, 'trt_crown']), put, due]);
    mesh.publish([due], 'again');
    for (const party of [jcp, 'trt_crown'])
      await mesh.sent('notice.requested', {
        kind: 'agreement-lapsing',
        cause: due.id,
        person: partyPut(party).teamLeader,
      });
    await mesh.swept(router);
    const told = mesh.outgoing.filter(({ data }) => data['kind'] === 'agreement-lapsing');
    expect(told).toHaveLength(2);
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
    mesh.publish([leader, party]);
    await until('it is named', async () => {
      const reply = await mesh.ask<{ offices: string[] }>('unattended-offices', {});
      return reply.ok && reply.offices.includes('trt_empty') && !reply.offices.includes(jcp);
    });
  });
});
