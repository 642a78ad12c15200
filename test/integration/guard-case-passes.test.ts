import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { casesReply } from '#libs/contracts/ask-router.js';
import type { CaseView } from '#libs/contracts/ask-case.js';
import { personOf } from '#test/support/guard-builders.js';
import { maria, tpr1 } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';

/* Offices of one agency are one data controller: who goes on with a case sees what went before, and the office that has nothing of it does not. */

const [leeds, bradford, river] = ['jcp_wandsworth', 'jcp_lambeth', 'tp_river'];

let mesh: GuardMesh;
let former: MeshParty;
let present: MeshParty;
let provider: MeshParty;
let steps: readonly object[] = [];
let clients = 0;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  [former, present, provider] = (await Promise.all(
    [leeds, bradford, river].map((id) => mesh.party(id)),
  )) as [MeshParty, MeshParty, MeshParty];
  const router = await mesh.party('svc_router');
  const reminders = await mesh.party('svc_reminders');
  const answers = [
    [router, 'answer.svc_router.worklist', () => ({ steps, waiting: [] })],
    [router, 'answer.svc_router.cases', () => ({ cases: [] })],
    [reminders, 'answer.svc_reminders.schedule', () => ({ reminders: [] })],
  ] as const;
  for (const [service, subject, answer] of answers)
    service.connection.subscribe(subject, {
      callback: (_error, message) =>
        void message.respond(JSON.stringify({ ok: true, ...answer() })),
    });
  await Promise.all([router.connection.flush(), reminders.connection.flush()]);
});
afterAll(() => mesh?.stop());

/** A case that one office referred, of a client of its own. */
async function referred() {
  clients += 1;
  steps = [];
  const client = { ...maria, nino: `QQ${200_000 + clients}A` };
  const about = { case: randomUUID(), client };
  const cleared = async (
    party: MeshParty,
    wanted: Parameters<MeshParty['sendAndWait']>[0],
  ): Promise<string> => {
    const { id, state } = await party.sendAndWait({ ...about, ...wanted });
    expect({ name: wanted.name, state }).toMatchObject({ state: 'cleared' });
    return id;
  };
  const consent = await cleared(former, {
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr1(c, [river]),
  });
  const referral = await cleared(former, { name: 'referral.requested', to: river });
  return { caseId: about.case, cleared, consent, referral };
}

const messages = async (party: MeshParty, caseId: string) => {
  const view = (await party.ask('case', { case: caseId })) as unknown as CaseView;
  return view.messages.map(({ id, sender, to }) => ({ id, sender, to }));
};
const cases = async (party: MeshParty): Promise<readonly string[]> => {
  const { ok: _ok, ...reply } = (await party.ask('cases', {})) as { readonly ok: boolean };
  return casesReply.parse(reply).cases.map((each) => each.case);
};

describe('a case that has moved to another office of the agency', () => {
  it('shows there what went before, and what comes to the former office since', async () => {
    const { caseId, cleared, consent, referral } = await referred();
    expect(await messages(present, caseId)).toEqual([]);
    const moved = await cleared(former, { name: 'case.moved-office', to: bradford });
    const declined = await cleared(provider, {
      name: 'referral.declined',
      to: leeds,
      data: () => ({ referral, reason: 'no-capacity' }),
    });
    expect(await messages(present, caseId)).toEqual([
      { id: consent, sender: leeds, to: 'mesh' },
      { id: referral, sender: leeds, to: river },
      { id: moved, sender: leeds, to: bradford },
      { id: declined, sender: river, to: leeds },
    ]);
    // The provider has its own part, as before, and nothing of the move.
    expect((await messages(provider, caseId)).map(({ id }) => id)).toEqual([referral, declined]);
    // It goes back: what the office recorded in the meantime goes with it.
    const noted = await cleared(present, { name: 'case.next-attendance', to: 'mesh' });
    expect((await messages(former, caseId)).map(({ id }) => id)).not.toContain(noted);
    await cleared(present, { name: 'case.moved-office', to: leeds });
    expect((await messages(former, caseId)).map(({ id }) => id)).toContain(noted);
    expect((await messages(present, caseId)).map(({ id }) => id)).not.toContain(declined);
  });
});

describe('a case whose owner is away', () => {
  it('is among the cases of the stand-in’s office, with the messages of its own', async () => {
    const { caseId, consent, referral } = await referred();
    expect(await cases(present)).not.toContain(caseId);
    steps = [
      {
        case: caseId,
        step: 'seek-consent',
        party: leeds,
        owner: personOf(bradford),
        deputy: personOf(bradford),
        standsInFor: personOf(leeds),
        openedAt: '2026-03-02T09:00:00.000Z',
        dueOn: '2026-03-04',
        overdue: false,
        escalation: 'owner',
        cause: referral,
      },
    ];
    // No record of the guard's bears this step out: an office gets nothing by the router's word alone.
    expect(await messages(present, caseId)).toEqual([]);
    expect(await cases(present)).not.toContain(caseId);
    const back = await standInStep(caseId);
    steps = [{ ...steps[0], step: 'refer-elsewhere', cause: back }];
    expect((await messages(present, caseId)).map(({ id }) => id)).toEqual([
      consent,
      referral,
      back,
    ]);
    expect(await cases(present)).toContain(caseId);
    expect(await messages(provider, caseId)).toHaveLength(2);
  });
});

/** The provider declines: a step of the office that referred. */
async function standInStep(caseId: string): Promise<string> {
  const [referral] = await messages(provider, caseId);
  const { id } = await provider.sendAndWait({
    case: caseId,
    name: 'referral.declined',
    to: leeds,
    data: () => ({ referral: referral?.id, reason: 'no-capacity' }),
  });
  return id;
}
