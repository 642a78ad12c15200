import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { type MessageTrial, consentsReply } from '#libs/contracts/ask.js';
import { agreementsReply } from '#libs/contracts/ask-agreements.js';
import { type PartyShown, partiesReply } from '#libs/contracts/ask-around.js';
import { casesReply } from '#libs/contracts/ask-router.js';
import { clientViewReply } from '#libs/contracts/client-view.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { readShortReference } from '#libs/contracts/short-reference.js';
import { personOf } from '#test/support/guard-builders.js';
import { forms, maria, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';

let mesh: GuardMesh;
let ledger: Pool;
let jcp: MeshParty;
let lambeth: MeshParty;
let river: MeshParty;
let hill: MeshParty;
let ops: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  ledger = new Pool({ connectionString: mesh.databaseUrl, max: 2 });
  ledger.on('error', () => undefined);
  await mesh.guard();
  await mesh.applyDirectory();
  [jcp, lambeth, river, hill, ops] = (await Promise.all(
    ['jcp_wandsworth', 'jcp_lambeth', 'tp_river', 'tp_hill', 'svc_ops'].map((id) => mesh.party(id)),
  )) as [MeshParty, MeshParty, MeshParty, MeshParty, MeshParty];
  // What a case view and a list of cases ask of the router and the reminders.
  const router = await mesh.party('svc_router');
  router.connection.subscribe('answer.svc_router.worklist', {
    callback: (_error, message) =>
      void message.respond(JSON.stringify({ ok: true, steps: [], waiting: [] })),
  });
  router.connection.subscribe('answer.svc_router.cases', {
    callback: (_error, message) => void message.respond(JSON.stringify({ ok: true, cases: [] })),
  });
  const reminders = await mesh.party('svc_reminders');
  reminders.connection.subscribe('answer.svc_reminders.schedule', {
    callback: (_error, message) =>
      void message.respond(JSON.stringify({ ok: true, reminders: [] })),
  });
  await Promise.all([router.connection.flush(), reminders.connection.flush()]);
});
afterAll(async () => {
  await ledger?.end();
  await mesh?.stop();
});

const answer = async <T>(asked: Promise<object>): Promise<T> => {
  const { ok, ...rest } = (await asked) as { ok: boolean };
  expect({ ok, ...rest }).toMatchObject({ ok: true });
  return rest as T;
};
const code = async (asked: Promise<object>): Promise<string> => {
  const reply = (await asked) as { ok: boolean; code?: string };
  return reply.ok ? 'ok' : String(reply.code);
};
let clients = 0;
/** Each case is of a client of its own: a consent is the client's, whichever case it was given in. */
const clientsOf = new Map<string, typeof maria>();
function newCase(): string {
  clients += 1;
  const letter = String.fromCodePoint(96 + clients);
  const client = { ...maria, nino: `QQ${100_000 + clients}A`, surname: `Sample${letter}` };
  const caseId = randomUUID();
  clientsOf.set(caseId, client);
  return caseId;
}
const about = (wanted: Wanted): Wanted => ({
  client: clientsOf.get(wanted.case ?? '') ?? maria,
  ...wanted,
});
const cleared = async (party: MeshParty, wanted: Wanted): Promise<string> => {
  const { id, state } = await party.sendAndWait(about(wanted));
  expect({ name: wanted.name, state }).toMatchObject({
    state: expect.stringMatching(/^(cleared|waiting)/),
  });
  return id;
};
const referTo = (caseId: string, to: readonly string[], more: object = {}): Wanted => ({
  name: 'consent.recorded',
  to: 'mesh',
  case: caseId,
  data: (c) => ({ ...tpr1(c, to), ...more }),
});
const shareWith = (caseId: string, more: object = {}): Wanted => ({
  name: 'consent.recorded',
  to: 'mesh',
  case: caseId,
  data: (c) => ({ ...tpr2Consent(c, ['jcp_wandsworth']), ...more }),
});

describe('references', () => {
  const own = async (party: MeshParty, caseId: string, caseref: string): Promise<void> => {
    const { id, text } = party.compose({ name: 'case.next-attendance', to: 'mesh', case: caseId });
    await party.put(id, JSON.stringify({ ...(JSON.parse(text) as object), caseref }));
    expect((await party.verdict(id)).state).toBe('cleared');
  };
  const resolve = (party: MeshParty, reference: string) =>
    party.ask('resolve-reference', { reference });
  const view = (party: MeshParty, caseId: string) =>
    answer<{ caseref?: string; shortReference: string }>(party.ask('case', { case: caseId }));

  it('are an office’s own; the short one is the same on both sides, and resolves for who has the case', async () => {
    const caseId = newCase();
    await cleared(jcp, referTo(caseId, ['tp_river']));
    await cleared(jcp, { name: 'referral.requested', to: 'tp_river', case: caseId });
    await own(jcp, caseId, 'W 17');
    await own(lambeth, caseId, 'L 4');
    await own(jcp, caseId, 'W 18');
    const [here, there, theirs] = await Promise.all(
      [jcp, lambeth, river].map((party) => view(party, caseId)),
    );
    expect([here?.caseref, there?.caseref, theirs?.caseref]).toEqual(['W 18', 'L 4', undefined]);
    const short = here?.shortReference ?? '';
    expect(readShortReference(short)).toBe(short);
    expect([there?.shortReference, theirs?.shortReference]).toEqual([short, short]);
    const typed = `${short.slice(0, 4).toLowerCase()} ${short.slice(4)}`;
    for (const party of [jcp, lambeth, river])
      expect(await answer(resolve(party, typed))).toEqual({ case: caseId });
    expect(await resolve(hill, short)).toEqual(await resolve(hill, '00000000'));
    expect(await code(resolve(hill, short))).toBe('not-found');
    const slip = short.startsWith('0') ? `1${short.slice(1)}` : `0${short.slice(1)}`;
    expect(await code(resolve(jcp, slip))).toBe('malformed-message');
  });

  it('find a party’s own cases, the newest first', async () => {
    const spoc = await mesh.party('spoc_south');
    const cases = [newCase(), newCase()];
    for (const caseId of cases) {
      await cleared(jcp, referTo(caseId, ['spoc_south']));
      await cleared(jcp, { name: 'referral.requested', to: 'spoc_south', case: caseId });
    }
    const list = async (payload: object) =>
      casesReply.parse(await answer(spoc.ask('cases', payload))).cases.map((each) => each.case);
    expect(await list({})).toEqual(cases.toReversed());
    expect(await list({ before: cases[1] })).toEqual([cases[0]]);
  });

  it('find no case of which nothing ever came to a party, or was sent by it', async () => {
    const [taken, kept] = [newCase(), newCase()];
    const hillTold = async (caseId: string): Promise<string> => {
      await cleared(jcp, referTo(caseId, ['tp_hill', 'tp_river']));
      await cleared(jcp, { name: 'referral.requested', to: 'tp_river', case: caseId });
      return cleared(jcp, { name: 'referral.requested', to: 'tp_hill', case: caseId });
    };
    const list = async (party: MeshParty) =>
      casesReply.parse(await answer(party.ask('cases', {}))).cases;
    const first = await hillTold(kept);
    expect((await hill.pull()).id).toBe(first);
    await hillTold(taken);
    const short = (await view(jcp, taken)).shortReference;
    const [hills, ours] = [await list(hill), await list(jcp)];
    expect(hills.map((each) => each.case)).toEqual([taken, kept]);
    for (const caseId of [taken, kept])
      await cleared(river, {
        name: 'consent.withdrawn',
        to: 'mesh',
        case: caseId,
        data: (c) => withdrawal(c, 'TPR1'),
      });

    expect((await list(hill)).map((each) => each.case)).toEqual([kept]);
    expect(await list(jcp)).toEqual(ours);
    const unknown = randomUUID();
    expect(await resolve(hill, short)).toEqual(await resolve(hill, '00000000'));
    for (const verb of ['case', 'consents'])
      expect(await hill.ask(verb, { case: taken })).toEqual(
        await hill.ask(verb, { case: unknown }),
      );
    const acting = (caseId: string) =>
      hill.sendAndWait({ name: 'careplan.agreed', to: 'mesh', case: caseId });
    const reasonOf = async (caseId: string) => (await acting(caseId)).records[0];
    expect(await reasonOf(taken)).toMatchObject({ reason: 'case-not-yours' });
    expect(await reasonOf(kept)).toMatchObject({ verdict: 'cleared' });
    expect((await list(hill)).map((each) => each.case)).toEqual([kept]);
  });
});

describe('the consents of a case', () => {
  const consents = async (party: MeshParty, caseId: string) =>
    consentsReply.parse(await answer(party.ask('consents', { case: caseId })));
  const seen = async (party: MeshParty, caseId: string): Promise<string[]> =>
    (await consents(party, caseId)).consents.map(
      ({ from, to, purpose, decision, excludedCategories }) =>
        `${from} ${to} ${purpose} ${decision} ${excludedCategories.join()}`,
    );

  it('that another agency took are shown while they stand, once something under them has come', async () => {
    const caseId = newCase();
    await cleared(jcp, referTo(caseId, ['tp_river'], { purposes: ['refer-to-treatment'] }));
    await cleared(jcp, { name: 'referral.requested', to: 'tp_river', case: caseId });
    const before = await consents(jcp, caseId);
    await cleared(river, shareWith(caseId, { excludedCategories: ['contact'] }));
    // The client came, and said yes to the provider: nothing of it has come here.
    expect(await consents(jcp, caseId)).toEqual(before);
    const view = async () =>
      clientViewReply.parse(await answer(jcp.ask('client-view', { case: caseId }))).consents.length;
    const shown = await view();
    await cleared(river, { name: 'exit.notified', to: 'jcp_wandsworth', case: caseId });
    expect(await seen(jcp, caseId)).toEqual([
      'jcp river exit-notice given ',
      'jcp river refer-to-treatment given criminal-justice-route',
      'river jcp exit-notice given ',
    ]);
    expect(await view()).toBe(shown + 2);
    // The provider's own: all of it.
    expect((await seen(river, caseId)).filter((line) => line.includes('contact'))).toHaveLength(8);
    await cleared(river, {
      name: 'consent.withdrawn',
      to: 'mesh',
      case: caseId,
      data: (c) => withdrawal(c, 'TPR2'),
    });
    expect(await consents(jcp, caseId)).toEqual(before);
    expect(await view()).toBe(shown);
  });

  it('that another agency refused are not shown at all (T1)', async () => {
    const caseId = newCase();
    await cleared(jcp, referTo(caseId, ['tp_river']));
    await cleared(jcp, { name: 'referral.requested', to: 'tp_river', case: caseId });
    const before = await consents(jcp, caseId);
    await cleared(river, shareWith(caseId, { decision: 'refused' }));
    expect(await consents(jcp, caseId)).toEqual(before);
  });
});

describe('a message that is tried', () => {
  const draft = (caseId: string, more: object = {}) => ({
    type: typeOf('tpr2.shared'),
    case: caseId,
    to: 'jcp_wandsworth',
    actor: personOf('tp_river'),
    data: forms['tpr2.shared']?.({
      client: clientsOf.get(caseId) ?? maria,
      now: '',
      today: mesh.clock.now().toISOString().slice(0, 10),
      later: '',
      cites: '',
      person: '',
    }),
    ...more,
  });
  const tried = (caseId: string, more: object = {}) =>
    answer<MessageTrial>(river.ask('try-message', draft(caseId, more)));
  const refer = async () => {
    const caseId = newCase();
    await cleared(jcp, referTo(caseId, ['tp_river']));
    await cleared(jcp, { name: 'referral.requested', to: 'tp_river', case: caseId });
    return caseId;
  };

  it('is judged by what stands, and not sent', async () => {
    const caseId = await refer();
    await cleared(river, shareWith(caseId, { excludedCategories: ['contact'] }));
    const trial = await tried(caseId);
    expect(trial).toMatchObject({
      verdict: 'cleared-in-part',
      leftOut: ['contact.phone'],
      lacks: [],
    });
    expect(trial.passes).toEqual(expect.arrayContaining(['client.nino', 'employment.goals']));
    const { rows } = await ledger.query<{ name: string; verdict: string; party: string }>(
      'select name, verdict, party from message_trial where case_id = $1',
      [caseId],
    );
    expect(rows).toEqual([{ name: 'tpr2.shared', verdict: 'cleared-in-part', party: 'tp_river' }]);
    const sent = await ledger.query(
      "select 1 from record where case_id = $1 and name = 'tpr2.shared'",
      [caseId],
    );
    expect(sent.rowCount).toBe(0);
  });

  it('reads alike for every no: never asked, refused, withdrawn, or without what it needs', async () => {
    const [never, refused, withdrawn, excluded] = [
      await refer(),
      await refer(),
      await refer(),
      await refer(),
    ];
    const first = await tried(never);
    expect(first).toMatchObject({ verdict: 'refused', passes: [] });
    await cleared(river, shareWith(refused, { decision: 'refused' }));
    const second = await tried(refused);
    await cleared(river, shareWith(withdrawn));
    await cleared(river, {
      name: 'consent.withdrawn',
      to: 'mesh',
      case: withdrawn,
      data: (c) => withdrawal(c, 'TPR2'),
    });
    const third = await tried(withdrawn);
    await cleared(river, shareWith(excluded, { excludedCategories: ['identity'] }));
    expect([second, third, await tried(excluded)]).toEqual([first, first, first]);
  });

  it('is refused as on the road where something else stands against it', async () => {
    const caseId = await refer();
    expect(await code(river.ask('try-message', draft(caseId, { data: {} })))).toBe(
      'malformed-message',
    );
    expect(
      await code(hill.ask('try-message', { ...draft(caseId), actor: personOf('tp_hill') })),
    ).toBe('case-not-yours');
    expect(
      await code(river.ask('try-message', draft(caseId, { actor: personOf('tp_hill') }))),
    ).toBe('actor-unknown');
    const consent = {
      type: typeOf('careplan.agreed'),
      data: { agreedOn: '2026-03-02' },
      to: 'mesh',
    };
    expect(await code(river.ask('try-message', draft(caseId, consent)))).toBe('unknown-type');
  });
});

describe('the parties that one may write to', () => {
  const parties = async (party: MeshParty, payload: object = {}): Promise<PartyShown[]> =>
    partiesReply.parse(await answer(party.ask('parties', payload))).parties;
  const ids = (found: readonly PartyShown[]) => found.map(({ id }) => id);

  it('are of the kinds that a message goes to, and of no others', async () => {
    expect(ids(await parties(jcp))).toEqual([
      'cp_works',
      'jcp_lambeth',
      'spoc_south',
      'tp_hill',
      'tp_river',
    ]);
    expect(ids(await parties(await mesh.party('probation_south')))).toEqual([
      'tp_hill',
      'tp_river',
    ]);
    expect(ids(await parties(jcp, { kind: 'spoc' }))).toEqual(['spoc_south']);
    expect(ids(await parties(jcp, { district: 'leeds' }))).toEqual([]);
    expect(ids(await parties(jcp, { role: 'treatment' }))).toEqual([
      'spoc_south',
      'tp_hill',
      'tp_river',
    ]);
    expect(await code(ops.ask('parties', {}))).toBe('not-found');
  });

  it('to refer a client to next are those that the consent names, less those that declined', async () => {
    const caseId = newCase();
    const next = async (party = jcp) =>
      ids(partiesReply.parse(await answer(party.ask('next-providers', { case: caseId }))).parties);
    await cleared(jcp, referTo(caseId, ['tp_river', 'tp_hill']));
    expect(await next()).toEqual(['tp_hill', 'tp_river']);
    expect(await next(lambeth)).toEqual(['tp_hill', 'tp_river']);
    const first = await cleared(jcp, { name: 'referral.requested', to: 'tp_river', case: caseId });
    await cleared(river, {
      name: 'referral.declined',
      to: 'jcp_wandsworth',
      case: caseId,
      cites: first,
    });
    expect(await next()).toEqual(['tp_hill']);
    expect(await code(river.ask('next-providers', { case: caseId }))).toBe('not-found');
    const second = await cleared(jcp, { name: 'referral.requested', to: 'tp_hill', case: caseId });
    await cleared(hill, {
      name: 'referral.declined',
      to: 'jcp_wandsworth',
      case: caseId,
      data: { referral: second, reason: 'client-asked', clientAgreedToTell: true },
    });
    expect(await next()).toEqual([]);
    const again = newCase();
    await cleared(jcp, referTo(again, ['tp_river', 'tp_hill']));
    await cleared(jcp, {
      name: 'consent.withdrawn',
      to: 'mesh',
      case: again,
      data: (c) => withdrawal(c, 'TPR1'),
    });
    const { parties: none } = partiesReply.parse(
      await answer(jcp.ask('next-providers', { case: again })),
    );
    expect(none).toEqual([]);
  });
});

describe('records that stand against a message', () => {
  it('are those of the same batch and of earlier ones', async () => {
    const caseId = newCase();
    await cleared(jcp, referTo(caseId, ['tp_river']));
    const referral = await cleared(jcp, {
      name: 'referral.requested',
      to: 'tp_river',
      case: caseId,
    });
    const outcome = { to: 'jcp_wandsworth', case: caseId, cites: referral };
    // Put out together, judged together or one behind the other.
    const [first, second] = await Promise.all([
      river.send({ name: 'appointment.attended', ...outcome }),
      river.send({ name: 'appointment.did-not-attend', ...outcome }),
    ]);
    const states = [await river.verdict(first), await river.verdict(second)];
    const won = states.find(({ state }) => state === 'cleared');
    const lost = states.find(({ state }) => state === 'refused');
    expect(lost?.records).toMatchObject([{ reason: 'contradicts-record', field: 'data.corrects' }]);
    expect(lost?.records[0]?.detail).toContain(won?.id);
    expect(await river.sendAndWait({ name: 'appointment.attended', ...outcome })).toMatchObject({
      state: 'refused',
      records: [{ reason: 'contradicts-record' }],
    });
  });
});

describe('local sharing agreements', () => {
  it('are told to the operator, beside the agencies that have exchanged messages', async () => {
    const caseId = newCase();
    await cleared(jcp, referTo(caseId, ['tp_river']));
    await cleared(jcp, { name: 'referral.requested', to: 'tp_river', case: caseId });
    const put = (until: string) =>
      cleared(ops, {
        name: 'directory.agreement-put',
        to: 'mesh',
        data: { offices: ['tp_hill', 'jcp_wandsworth'], signedOn: '2026-01-05', until },
      });
    await put('2026-12-31');
    await put('2027-01-04');
    const told = agreementsReply.parse(await answer(ops.ask('agreements', {})));
    expect(told.agreements).toEqual([
      {
        agencies: ['hill', 'jcp'],
        offices: ['tp_hill', 'jcp_wandsworth'],
        signedOn: '2026-01-05',
        until: '2027-01-04',
        active: true,
      },
    ]);
    expect(told.exchanged).toContainEqual(['jcp', 'river']);
    expect(await code(jcp.ask('agreements', {}))).toBe('not-found');
  });
});

describe('the view of a client whom one agency alone knows', () => {
  it('is released by two of its people and the operator, and holds its own part', async () => {
    for (const person of ['p_hill_manager', 'p_hill_manager_2'])
      await ops.sendAndWait({
        name: 'directory.person-put',
        to: 'mesh',
        data: { person, party: 'tp_hill', job: 'manager', deputy: person },
      });
    const caseId = newCase();
    await cleared(hill, shareWith(caseId));
    const by = async (actor: string, wanted: Wanted) => {
      const { id, text } = hill.compose({ case: caseId, ...wanted });
      await hill.put(id, JSON.stringify({ ...(JSON.parse(text) as object), actor }));
      return hill.verdict(id);
    };
    const today = mesh.clock.now().toISOString().slice(0, 10);
    const asked = await by('p_hill_manager', {
      name: 'client-view.requested',
      to: 'mesh',
      data: { clientAskedOn: today },
    });
    const approve = (actor: string) =>
      by(actor, { name: 'client-view.approved', to: 'mesh', data: { request: asked.id } });
    expect((await approve('p_hill_manager')).records).toMatchObject([
      { reason: 'person-not-entitled' },
    ]);
    const approval = await approve('p_hill_manager_2');
    expect(approval.state).toBe('cleared');
    const released = await ops.sendAndWait({
      name: 'client-view.released',
      to: 'mesh',
      data: { approval: approval.id },
    });
    expect(released.state).toBe('cleared');
    const view = clientViewReply.parse(
      await answer(ops.ask('client-view', { release: released.id, page: 0 })),
    );
    expect(view.scope).toBe('own-part');
    expect(view.consents.length).toBeGreaterThan(0);
  });

  it('is not released so once another agency has the case', async () => {
    const caseId = newCase();
    await cleared(hill, shareWith(caseId));
    const by = async (actor: string, wanted: Wanted) => {
      const { id, text } = hill.compose({ case: caseId, ...wanted });
      await hill.put(id, JSON.stringify({ ...(JSON.parse(text) as object), actor }));
      return hill.verdict(id);
    };
    const today = mesh.clock.now().toISOString().slice(0, 10);
    const asked = await by('p_hill_manager', {
      name: 'client-view.requested',
      to: 'mesh',
      data: { clientAskedOn: today },
    });
    const approve = () =>
      by('p_hill_manager_2', {
        name: 'client-view.approved',
        to: 'mesh',
        data: { request: asked.id },
      });
    const early = await approve();
    expect(early.state).toBe('cleared');
    await cleared(hill, {
      name: 'tpr2.shared',
      to: 'jcp_wandsworth',
      case: caseId,
    });
    expect((await approve()).records).toMatchObject([{ reason: 'person-not-entitled' }]);
    const released = await ops.sendAndWait({
      name: 'client-view.released',
      to: 'mesh',
      data: { approval: early.id },
    });
    expect(released.records).toMatchObject([{ reason: 'cause-unknown' }]);
  });
});
