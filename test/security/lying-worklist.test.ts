import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { personOf } from '#test/support/guard-builders.js';
import { tpr1, tpr2Consent } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';

/* What a router that lies, or was taken over, can put on a worklist: nothing but what is so on the guard's own record. */

const [jcp, river, hill, works] = ['jcp_wandsworth', 'tp_river', 'tp_hill', 'cp_works'];
const caseId = randomUUID();

let mesh: GuardMesh;
let office: MeshParty;
let lambeth: MeshParty;
let provider: MeshParty;
let answer: object = {};
const asked: unknown[] = [];
let referral = '';
let tpr2 = '';
let refused = '';

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  [office, lambeth, provider] = (await Promise.all(
    [jcp, 'jcp_lambeth', river].map((id) => mesh.party(id)),
  )) as [MeshParty, MeshParty, MeshParty];
  const router = await mesh.party('svc_router');
  router.connection.subscribe('answer.svc_router.worklist', {
    callback: (_error, message) => {
      asked.push(message.json());
      message.respond(JSON.stringify({ ok: true, steps: [], ...answer }));
    },
  });
  await router.connection.flush();
  const about = { to: 'mesh', case: caseId, name: 'consent.recorded' as const };
  await office.send({ ...about, data: (c) => tpr1(c, [river]) });
  referral = await office.send({ name: 'referral.requested', to: river, case: caseId });
  expect((await office.verdict(referral)).state).toBe('cleared');
  await provider.send({ ...about, data: (c) => tpr2Consent(c, [jcp]) });
  tpr2 = await provider.send({ name: 'tpr2.shared', to: jcp, case: caseId });
  refused = await provider.send({ name: 'tpr2.shared', to: works, case: caseId });
  expect((await provider.verdict(refused)).state).toBe('refused');
});
afterAll(() => mesh?.stop());

const step = () => ({
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
const steps = (rows: readonly object[], by: MeshParty) => {
  answer = { steps: rows };
  return by.ask('worklist', {});
};
const waiting = (rows: readonly object[], by: MeshParty) => {
  answer = { waiting: rows };
  return by.ask('worklist', {});
};

describe('a worklist', () => {
  it('shows a step of another office to who holds it, and to nobody else of the agency', async () => {
    const theirs = { ...step(), owner: personOf('jcp_lambeth') };
    expect(await steps([theirs], lambeth)).toMatchObject({
      steps: [{ party: jcp, owner: personOf('jcp_lambeth') }],
    });
    expect(await steps([step()], lambeth)).toMatchObject({ steps: [] });
    // A stand-in, at both offices; for nobody of another agency.
    const standIn = { ...theirs, standsInFor: personOf(jcp) };
    for (const by of [office, lambeth])
      expect(await steps([standIn], by)).toMatchObject({ steps: [standIn] });
    const forOthers = { ...standIn, standsInFor: personOf(river) };
    for (const by of [office, lambeth])
      expect(await steps([forOthers], by)).toMatchObject({ steps: [] });
    // An office that is not of the agency.
    expect(await steps([{ ...theirs, party: works }], lambeth)).toMatchObject({ steps: [] });
  });

  it('shows nobody as waited for but by a message of the asker’s own, for the answer that it waits for', async () => {
    const row = {
      case: caseId,
      answer: 'receipt',
      party: river,
      counterpart: hill,
      owner: personOf(river),
      since: '2026-03-02T09:00:00.000Z',
      dueOn: '2026-03-04',
      late: false,
      cause: tpr2,
    };
    expect(await waiting([row], provider)).toMatchObject({
      waiting: [{ ...row, counterpart: jcp, shortReference: expect.any(String) }],
    });
    const lies = [
      { ...row, answer: 'review-offer' },
      { ...row, cause: refused },
      { ...row, cause: referral, answer: 'acknowledgement' },
      { ...row, cause: randomUUID() },
      { ...row, case: randomUUID() },
      { ...row, owner: personOf(hill) },
      { ...row, party: hill },
    ];
    expect(await waiting(lies, provider)).toMatchObject({ waiting: [] });
    // The other side does not wait for its own receipt.
    expect(await waiting([{ ...row, party: jcp, owner: personOf(jcp) }], office)).toMatchObject({
      waiting: [],
    });
  });

  it('is asked for one of its people, and for nobody of another agency', async () => {
    answer = {};
    asked.length = 0;
    expect(await office.ask('worklist', { person: personOf(jcp) })).toMatchObject({ ok: true });
    expect(await office.ask('worklist', { person: personOf(river) })).toMatchObject({
      ok: false,
      code: 'not-found',
    });
    expect(asked).toEqual([{ party: jcp, person: personOf(jcp) }]);
  });
});
