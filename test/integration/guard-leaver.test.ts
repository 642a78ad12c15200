import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serveAnswers } from '#libs/nats/answer-server.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';

let mesh: GuardMesh;
let hill: MeshParty;
let river: MeshParty;
let ops: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  [hill, river, ops] = await Promise.all([
    mesh.party('tp_hill'),
    mesh.party('tp_river'),
    mesh.party('svc_ops'),
  ]);
});
afterAll(() => mesh.stop());

describe('the worklist of a person', () => {
  it('says that the person’s last day is over, from the day after it on', async () => {
    const router = await mesh.party('svc_router');
    const answers = serveAnswers(router.connection, 'svc_router', {
      worklist: () => Promise.resolve({ ok: true, steps: [], waiting: [] }),
    });
    const day = (days: number): string =>
      new Date(mesh.clock.now().getTime() + days * 24 * 3_600_000).toISOString().slice(0, 10);
    const askedAfter = async (leavesOn: string) => {
      const person = 'p_hill_leaver';
      const data = { person, party: 'tp_hill', job: 'keyworker', deputy: person, leavesOn };
      await ops.sendAndWait({ name: 'directory.person-put', to: 'mesh', data });
      return hill.ask('worklist', { person });
    };
    expect(await askedAfter(day(0))).toEqual({ ok: true, steps: [], waiting: [] });
    expect(await askedAfter(day(-1))).toEqual({ ok: true, steps: [], waiting: [], hasLeft: true });
    expect(await river.ask('worklist', { person: 'p_hill_leaver' })).toMatchObject({
      ok: false,
      code: 'not-found',
    });
    await answers.stop();
  });
});
