import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { consentsReply } from '#libs/contracts/ask.js';
import { type CaseView, caseReply } from '#libs/contracts/ask-case.js';
import { nameOfType } from '#libs/contracts/message-table.js';
import { answerSubject, askSubject } from '#libs/contracts/subjects.js';
import { tpr1, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';

/* What the guard knows of a case is there, whoever of the services that hold the rest is away. At first none of them runs. */

let mesh: GuardMesh;
let jobcentre: MeshParty;
/** Another office of the job centre's agency: the case is bound to the agency, and nothing of it came here. */
let sister: MeshParty;
let stranger: MeshParty;
const caseId = randomUUID();

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  [jobcentre, sister, stranger] = (await Promise.all(
    ['jcp_wandsworth', 'jcp_lambeth', 'tp_hill'].map((id) => mesh.party(id)),
  )) as [MeshParty, MeshParty, MeshParty];
  const recorded = { name: 'consent.recorded', to: 'mesh', case: caseId } as const;
  await jobcentre.sendAndWait({ ...recorded, data: (c) => tpr1(c, ['tp_river']) });
  await jobcentre.sendAndWait({ name: 'referral.requested', to: 'tp_river', case: caseId });
});
afterAll(() => mesh?.stop());

const answered = async (party: MeshParty, verb: string): Promise<object> => {
  const { ok: _ok, ...reply } = await party.ask(verb, { case: caseId });
  return reply;
};
const view = async (party: MeshParty): Promise<CaseView> =>
  caseReply.parse(await answered(party, 'case'));

/** What comes back, byte for byte. */
const bytes = async (party: MeshParty, verb: string, about: string): Promise<string> => {
  const asked = JSON.stringify({ case: about });
  return (await party.connection.request(askSubject(verb), asked, { timeout: 5_000 })).string();
};

/** The router as long as it answers so; `undefined`: it takes the question, and is silent. */
async function withRouter(answer: object | undefined, run: () => Promise<void>): Promise<void> {
  const { connection } = await mesh.party('svc_router');
  const serving = connection.subscribe(answerSubject('svc_router', 'worklist'), {
    callback: (_error, message) => {
      if (answer !== undefined) message.respond(JSON.stringify(answer));
    },
  });
  await connection.flush();
  try {
    await run();
  } finally {
    serving.unsubscribe();
    await connection.flush();
  }
}

describe('a case while router and reminders are away', () => {
  it('has its messages and consents, and names the parts that could not be had', async () => {
    const { messages, notHad, ...rest } = await view(jobcentre);
    expect(messages.map(({ type }) => nameOfType(type))).toEqual([
      'consent.recorded',
      'referral.requested',
    ]);
    expect(notHad).toEqual(['steps', 'waiting', 'reminders']);
    expect(rest).toEqual({ case: caseId, shortReference: expect.any(String), mails: [] });
    const { consents } = consentsReply.parse(await answered(jobcentre, 'consents'));
    expect(consents.map(({ decision }) => decision)).toContain('given');
  });

  it('is named in part alike where the router is silent, or refuses', async () => {
    for (const answer of [undefined, { ok: false, code: 'internal', detail: 'its own words' }])
      await withRouter(answer, async () => {
        const text = await bytes(jobcentre, 'case', caseId);
        expect(text).toContain('"notHad":["steps","waiting","reminders"]');
        expect(text).not.toContain('its own words');
      });
  }, 30_000);

  it('has each part that is at hand', async () => {
    await withRouter({ ok: true, steps: [], waiting: [] }, async () => {
      const { steps, waiting, notHad } = await view(jobcentre);
      expect([steps, waiting, notHad]).toEqual([[], [], ['reminders']]);
    });
  });

  it('answers for who has nothing to do with it as a case that does not exist, to the byte', async () => {
    const none = randomUUID();
    const ask = (about: string): Promise<string> => bytes(stranger, 'case', about);
    const away = [await ask(caseId), await ask(none)];
    expect(away[0]).toContain('case-not-yours');
    expect(away[0]).toBe(away[1]);
    await withRouter({ ok: true, steps: [], waiting: [] }, async () => {
      expect([await ask(caseId), await ask(none)]).toEqual(away);
    });
  });

  it('shows another office of the agency none of its messages: that they are with it now is known of nobody', async () => {
    expect((await view(sister)).messages).toEqual([]);
  });

  it('lets the client take consent back', async () => {
    const { state } = await jobcentre.sendAndWait({
      name: 'consent.withdrawn',
      to: 'mesh',
      case: caseId,
      data: (c) => withdrawal(c, 'TPR1'),
    });
    expect(state).toBe('cleared');
    const { consents } = consentsReply.parse(await answered(jobcentre, 'consents'));
    expect(new Set(consents.map(({ decision }) => decision))).toEqual(new Set(['withdrawn']));
  });
});
