import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Msg } from '@nats-io/nats-core';
import { Pool } from 'pg';
import type { WorklistStep } from '#libs/contracts/ask.js';
import { effectId, ownEffectId } from '#libs/contracts/message-id.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { district, personOf } from '#test/support/guard-builders.js';
import { tomas, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';

/*
 * The keys of the mesh's own services, and of an agency that goes past its gateway, in the wrong hands, against the real guard: none gets a
 * payload, a route, a notice or a worklist to anyone whom the directory and the client's consents do not allow.
 */

const [jcp, river, hill, works] = ['jcp_wandsworth', 'tp_river', 'tp_hill', 'cp_works'];
const area = `area:${district}/treatment`;
const allAgencies = [jcp, river, hill, works, 'jcp_lambeth', 'spoc_south', 'probation_south'];

let mesh: GuardMesh;
let ledger: Pool;
let office: MeshParty;
let provider: MeshParty;
let other: MeshParty;
let router: MeshParty;
let reminders: MeshParty;
let notifier: MeshParty;
let operator: MeshParty;
const caseId = randomUUID();
let referral = '';
let tpr2 = '';
let refused = '';

beforeAll(async () => {
  mesh = await GuardMesh.start();
  ledger = new Pool({ connectionString: mesh.databaseUrl, max: 2 });
  ledger.on('error', () => undefined);
  await mesh.guard();
  await mesh.applyDirectory();
  [office, provider, other, router, reminders, notifier, operator] = (await Promise.all(
    [jcp, river, hill, 'svc_router', 'svc_reminders', 'svc_notifier', 'svc_ops'].map((id) =>
      mesh.party(id),
    ),
  )) as [MeshParty, MeshParty, MeshParty, MeshParty, MeshParty, MeshParty, MeshParty];
  for (const id of allAgencies) (await mesh.party(id)).collect();
  notifier.collect();
  await office.send({
    name: 'consent.recorded',
    to: 'mesh',
    case: caseId,
    data: (c) => tpr1(c, [river, hill], district),
  });
  referral = await office.send({ name: 'referral.requested', to: river, case: caseId });
  expect((await office.verdict(referral)).state).toBe('cleared');
  await provider.send({
    name: 'consent.recorded',
    to: 'mesh',
    case: caseId,
    data: (c) => tpr2Consent(c, [jcp]),
  });
  tpr2 = await provider.send({ name: 'tpr2.shared', to: jcp, case: caseId });
  expect((await provider.verdict(tpr2)).state).toMatch(/^cleared/);
  refused = await provider.send({ name: 'tpr2.shared', to: works, case: caseId });
  expect(await provider.verdict(refused)).toMatchObject({ state: 'refused' });
});
afterAll(async () => {
  await ledger?.end();
  await mesh?.stop();
});

interface Judged {
  readonly state: string;
  readonly reason: string | null;
}

/** What the guard has on record of a message: services may not ask, so its own ledger is read. */
const judged = (id: string): Promise<Judged> =>
  until(`a judgement on ${id}`, async () => {
    const { rows } = await ledger.query<Judged>(
      `select verdict as state, reason from record where id = $1 union all select 'refused', code from dead_letter where message = $1`,
      [id],
    );
    return rows[0];
  });
const lie = async (liar: MeshParty, wanted: Parameters<MeshParty['send']>[0]): Promise<Judged> =>
  judged(await liar.send(wanted));

/** Everything that was ever put there for any agency or the notifier: in the commit of the decision, or never. */
const holdings = async (): Promise<string[]> => {
  const { rows } = await ledger.query<{ held: string }>(
    `select recipient || ' ' || id as held from delivery where recipient = any($1) order by place`,
    [[...allAgencies, 'svc_notifier']],
  );
  return rows.map(({ held }) => held);
};

/** The lie is judged and refused, and nothing more has gone to anyone. */
async function comesToNothing(
  liar: MeshParty,
  wanted: Parameters<MeshParty['send']>[0],
  reason: string,
): Promise<void> {
  const before = await holdings();
  expect({ ...wanted, ...(await lie(liar, wanted)) }).toMatchObject({ state: 'refused', reason });
  expect(await holdings()).toEqual(before);
}

describe('a lying router', () => {
  const route = (message: string, party?: string) => ({
    name: 'route.answered' as const,
    to: 'mesh',
    data: { message, ...(party === undefined ? {} : { party }) },
  });
  const notice = (kind: string, cause: string, at: string, more: object = {}) => ({
    name: 'notice.requested' as const,
    to: 'svc_notifier',
    data: { kind, cause, person: personOf(at), ...more },
  });

  it('routes nothing that does not wait, nor to who does not serve the area', async () => {
    for (const id of [referral, tpr2, refused, randomUUID()])
      await comesToNothing(router, route(id, hill), 'cause-unknown');
    const waiting = await office.send({ name: 'referral.requested', to: area, case: caseId });
    expect((await office.verdict(waiting)).state).toBe('waiting');
    for (const party of [jcp, works, 'probation_south', 'svc_ops', 'tp_nowhere'])
      await comesToNothing(router, route(waiting, party), 'recipient-not-allowed');
    // It serves the area, and the client was not told of it: the wait ends, and nobody gets anything.
    const before = await holdings();
    await lie(router, route(waiting, 'spoc_south'));
    expect(await office.verdict(waiting)).toMatchObject({ state: 'stopped' });
    expect(await holdings()).toEqual(before);
  });

  it('tells nobody of what they did not get, of kinds that nothing caused, or of what is not there', async () => {
    for (const at of [hill, works, 'spoc_south', 'probation_south'])
      await comesToNothing(
        router,
        notice('employment-information-received', tpr2, at),
        'person-not-entitled',
      );
    await comesToNothing(
      router,
      notice('employment-information-received', refused, works),
      'person-not-entitled',
    );
    await comesToNothing(router, notice('exit-notice', tpr2, jcp), 'cause-unknown');
    await comesToNothing(router, notice('stop-using', tpr2, jcp), 'cause-unknown');
    await comesToNothing(
      router,
      notice('step-overdue', tpr2, jcp, { step: 're-engage' }),
      'cause-unknown',
    );
    await comesToNothing(router, notice('exit-notice', randomUUID(), jcp), 'cause-unknown');
  });

  it('puts nothing into the directory or a mailbox, sends nothing again, and reports nothing of another’s', async () => {
    const person = { person: personOf(works), party: jcp, job: 'adviser', deputy: personOf(works) };
    for (const wanted of [
      { name: 'directory.person-put' as const, to: 'mesh', data: person },
      {
        name: 'people.mailbox-put' as const,
        to: 'svc_notifier',
        data: { person: personOf(jcp), name: 'X', address: 'x@example.org' },
      },
      { name: 'deadletter.redrive' as const, to: 'mesh', data: { deadLetter: randomUUID() } },
      { name: 'tpr2.shared' as const, to: jcp, case: caseId },
    ]) {
      const before = await holdings();
      const { state } = await lie(router, wanted);
      expect({ name: wanted.name, state }).toEqual({ name: wanted.name, state: 'refused' });
      expect(await holdings()).toEqual(before);
    }
  });

  it('asks the guard nothing at all', async () => {
    for (const liar of [router, reminders, notifier])
      for (const verb of [
        'verdict',
        'seen',
        'timeline',
        'case',
        'consents',
        'worklist',
        'counts',
        'dead-letters',
        'directory',
      ])
        expect(await liar.ask(verb, { id: tpr2, case: caseId })).toMatchObject({
          ok: false,
          code: 'not-found',
        });
  });

  it('uses up nobody else’s id: derived ids bear the mark of who derives them', async () => {
    const waiting = await office.send({ name: 'referral.requested', to: area, case: caseId });
    expect((await office.verdict(waiting)).state).toBe('waiting');
    const id = ownEffectId('svc_router', waiting, 'route');
    const squat = {
      specversion: '1.0',
      id,
      type: typeOf('deadletter.reported'),
      time: mesh.clock.now().toISOString(),
      to: 'mesh',
    };
    const data = { stream: 'events', code: 'internal', deliveries: 1 };
    for (const source of ['svc_router', 'svc_reminders'])
      await reminders.put(id, JSON.stringify({ ...squat, source: sourceOf(source), data }), source);
    for (const source of ['svc_router', river])
      await provider.put(id, JSON.stringify({ ...squat, source: sourceOf(source), data }), source);
    // Also an id that the guard will use for itself.
    const instruction = effectId(waiting, 'stop-using', `${jcp}/${caseId}`);
    await router.put(
      instruction,
      JSON.stringify({ ...squat, id: instruction, source: sourceOf('svc_router'), data }),
    );
    expect(await provider.verdict(id)).toMatchObject({
      state: 'refused',
      records: [{ reason: 'malformed-message', field: 'id' }],
    });
    expect(await judged(instruction)).toEqual({ state: 'refused', reason: 'malformed-message' });
    const letters = () => ledger.query('select 1 from dead_letter where message = $1', [id]);
    await until('all four are kept', async () => ((await letters()).rowCount ?? 0) >= 4);
    expect(
      (await ledger.query('select 1 from record where id = any($1::uuid[])', [[id, instruction]]))
        .rowCount,
    ).toBe(0);
    await router.send({ ...route(waiting, hill), id });
    await other.delivery(waiting);
  });
});

describe('a lying answer to the guard', () => {
  const good = (): WorklistStep => ({
    case: caseId,
    step: 'note-receipt',
    party: jcp,
    owner: personOf(jcp),
    deputy: personOf(jcp),
    openedAt: '2026-03-02T09:00:00.000Z',
    dueOn: '2026-03-04',
    overdue: false,
    escalation: 'owner',
    cause: tpr2,
  });
  /** The same, with what the guard's own records say of it. */
  const shown = () => ({
    ...good(),
    about: typeOf('tpr2.shared'),
    counterpart: river,
    shortReference: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{8}$/),
  });
  const askedWith = async (answer: (message: Msg) => void, by = office) => {
    const subscription = router.connection.subscribe('answer.svc_router.worklist', {
      callback: (_error, message) => answer(message),
    });
    await router.connection.flush();
    const reply = await by.ask<{ steps: WorklistStep[] }>('worklist', {});
    subscription.unsubscribe();
    return reply;
  };
  const answered = (steps: readonly object[], by = office) =>
    askedWith((message) => message.respond(JSON.stringify({ ok: true, steps })), by);

  it('passes where every line is so on record (the control)', async () => {
    expect(await answered([good()])).toEqual({ ok: true, steps: [shown()], waiting: [] });
  });

  it('passes no step of another case, party, side or record, and no words of its own', async () => {
    const lies: object[] = [
      { ...good(), case: randomUUID() },
      { ...good(), party: river },
      { ...good(), cause: refused },
      { ...good(), cause: randomUUID() },
      { ...good(), step: 're-engage' },
      { ...good(), owner: personOf(river) },
      { ...good(), deputy: 'p_words_of_its_own' },
    ];
    expect(await answered(lies)).toEqual({ ok: true, steps: [], waiting: [] });
    const words = { caseref: 'smuggled', about: 'smuggled', counterpart: hill, form: 'TPR1' };
    expect(await answered([{ ...good(), ...words }])).toEqual({
      ok: true,
      steps: [shown()],
      waiting: [],
    });
    // To the party that never got it, the step of a message that was refused, in a case that is not its own.
    const toWorks = { ...good(), party: works, owner: personOf(works), deputy: personOf(works) };
    expect(
      await answered([toWorks, { ...toWorks, cause: refused }], await mesh.party(works)),
    ).toEqual({ ok: true, steps: [], waiting: [] });
  });

  it('passes nothing of an answer that is malformed, too large, slow, or a refusal in its own words', async () => {
    const fails = async (answer: (message: Msg) => void) => {
      const reply = await askedWith(answer);
      expect(reply).toMatchObject({ ok: false });
      expect(JSON.stringify(reply)).not.toContain('smuggled');
      expect(reply).toHaveProperty(
        'code',
        expect.stringMatching(/^(internal|answer-timeout|broker-unavailable)$/),
      );
    };
    await fails((message) => message.respond('smuggled'));
    await fails((message) => message.respond('null'));
    await fails((message) =>
      message.respond(JSON.stringify({ ok: false, code: 'smuggled', detail: 'smuggled' })),
    );
    await fails((message) =>
      message.respond(JSON.stringify({ ok: true, steps: [{ ...good(), dueOn: 'smuggled' }] })),
    );
    await fails((message) =>
      message.respond(JSON.stringify({ ok: true, steps: [{ ...good(), more: 'smuggled' }] })),
    );
    await fails(() => undefined);
    expect(
      await answered(Array.from({ length: 600 }, () => ({ ...good(), cause: refused }))),
    ).toEqual({ ok: true, steps: [], waiting: [] });
  });
});

describe('lying reminders and a lying notifier', () => {
  it('count no reminder from a record that it may not be counted from', async () => {
    const due = (kind: string, anchor: string) => ({
      name: 'reminder.due' as const,
      to: 'mesh',
      data: { reminder: randomUUID(), kind, anchor, dueOn: '2026-05-25', occurrence: 1 },
    });
    for (const kind of [
      'care-plan-review',
      'claim-interview-13',
      'review-appointment',
      'consent-lapse',
    ])
      for (const anchor of [tpr2, refused, randomUUID()])
        await comesToNothing(reminders, due(kind, anchor), 'cause-unknown');
  });

  it('report no mail but of a notice to that person', async () => {
    const report = (cited: string) => ({
      name: 'mail.reported' as const,
      to: 'mesh',
      data: {
        notice: cited,
        person: personOf(jcp),
        outcome: 'held',
        at: mesh.clock.now().toISOString(),
      },
    });
    for (const cited of [tpr2, refused, randomUUID()])
      await comesToNothing(notifier, report(cited), 'cause-unknown');
  });
});

describe('the operator’s key', () => {
  it('reads no payload, case, worklist or consent, and puts no message between agencies', async () => {
    for (const verb of ['case', 'consents', 'worklist'])
      expect(await operator.ask(verb, { case: caseId })).toMatchObject({ ok: false });
    for (const verb of ['counts', 'dead-letters', 'directory']) {
      const text = JSON.stringify(await operator.ask(verb, {}));
      expect(text).not.toMatch(new RegExp(`QQ|Sample|${caseId}`));
    }
    expect(await operator.ask('timeline', { id: tpr2 })).toMatchObject({
      ok: false,
      code: 'not-found',
    });
    await comesToNothing(
      operator,
      { name: 'tpr2.shared', to: jcp, case: caseId },
      'malformed-message',
    );
  });
});

describe('an agency straight on the road', () => {
  it('learns nothing by asking for what is another’s', async () => {
    const unknown = randomUUID();
    const same = async (verb: string, mine: object, nobodys: object) => {
      const strip = (reply: unknown) =>
        JSON.stringify(reply).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
      expect(strip(await other.ask(verb, mine))).toBe(strip(await other.ask(verb, nobodys)));
    };
    for (const id of [tpr2, refused]) {
      await same('verdict', { id, waitMs: 0 }, { id: unknown, waitMs: 0 });
      await same('timeline', { id }, { id: unknown });
    }
    const foreign = randomUUID();
    await office.sendAndWait({
      name: 'consent.recorded',
      to: 'mesh',
      case: foreign,
      client: tomas,
      data: (c) => tpr1(c, [river]),
    });
    await same('case', { case: foreign }, { case: unknown });
    await same('consents', { case: foreign }, { case: unknown });
    expect(
      await other.ask('seen', {
        id: ownEffectId('svc_router', tpr2, 'route'),
        digest: '0'.repeat(64),
      }),
    ).toMatchObject({
      seen: 'other',
    });
    const toForeign = await other.sendAndWait({
      name: 'careplan.agreed',
      to: 'mesh',
      case: foreign,
    });
    const toNone = await other.sendAndWait({ name: 'careplan.agreed', to: 'mesh', case: unknown });
    const told = (reply: typeof toNone) => ({
      state: reply.state,
      ...reply.records[0],
      at: '',
      task: reply.task,
    });
    expect(told(toForeign)).toEqual(told(toNone));
  });

  it('gets a message judged once: after a withdrawal, no repeat, re-drive or late route delivers', async () => {
    const waiting = await office.send({ name: 'referral.requested', to: area, case: caseId });
    expect((await office.verdict(waiting)).state).toBe('waiting');
    const shared = provider.compose({ name: 'tpr2.shared', to: jcp, case: caseId });
    // A message that fails as it stands (its id was used), kept among the dead letters whole.
    const reused = provider.compose({ name: 'tpr2.shared', to: jcp, case: caseId, id: tpr2 });
    await provider.put(tpr2, reused.text, 'again');
    const letter = await until('the dead letter', async () => {
      const reply = await operator.ask<{ deadLetters: { deadLetter: string; message?: string }[] }>(
        'dead-letters',
        {},
      );
      return reply.ok ? reply.deadLetters.find(({ message }) => message === tpr2) : undefined;
    });
    for (const form of ['TPR1', 'TPR2'] as const) {
      const gone = await office.sendAndWait({
        name: 'consent.withdrawn',
        to: 'mesh',
        case: caseId,
        data: (c) => withdrawal(c, form),
      });
      expect(gone.state).toBe('cleared');
    }
    const before = (await holdings()).filter((each) => !each.includes('svc_'));
    expect(await office.verdict(waiting)).toMatchObject({ state: 'stopped' });
    await lie(router, {
      name: 'route.answered',
      to: 'mesh',
      data: { message: waiting, party: hill },
    });
    const redrive = await operator.sendAndWait({
      name: 'deadletter.redrive',
      to: 'mesh',
      data: { deadLetter: letter.deadLetter },
    });
    expect(redrive.state).toBe('cleared');
    await until('it was sent again', async () => {
      const reply = await operator.ask<{
        deadLetters: { deadLetter: string; redriven: boolean }[];
      }>('dead-letters', {});
      return (
        reply.ok &&
        reply.deadLetters.find(({ deadLetter }) => deadLetter === letter.deadLetter)?.redriven
      );
    });
    await provider.put(shared.id, shared.text);
    expect(await provider.verdict(shared.id)).toMatchObject({
      state: 'refused',
      records: [{ reason: 'no-consent-on-record' }],
    });
    const fresh = (await holdings()).filter((each) => !before.includes(each));
    const types = (await Promise.all(allAgencies.map((id) => mesh.party(id)))).flatMap(
      ({ id, received }) =>
        received.filter((message) => fresh.includes(`${id} ${message.id}`)).map(({ type }) => type),
    );
    expect(types.filter((type) => type !== typeOf('instruction.stop-using'))).toEqual([]);
  });

  it('cannot keep the others waiting by asking without end', async () => {
    const flood = Array.from({ length: 2_000 }, () =>
      provider.ask('verdict', { id: randomUUID(), waitMs: 9_000 }).catch(() => undefined),
    );
    const [first] = await Promise.all([
      Promise.race(flood),
      other.sendAndWait({ name: 'careplan.agreed', to: 'mesh', case: randomUUID() }),
    ]);
    expect(first).toMatchObject({ ok: false, code: 'too-many-requests' });
    await Promise.all(flood);
  });
});
