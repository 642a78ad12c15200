import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { consentsReply } from '#libs/contracts/ask.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { type ClientShown, ana, maria, tomas, tpr2Consent } from '#test/support/guard-forms.js';
import type { MeshParty } from '#test/support/mesh-party.js';

/* A client's no with a fault in it, through the broker and the ledger: what stood is stopped, shown and somebody's to mend. */

const office = 'jcp_wandsworth';
let mesh: GuardMesh;
let river: MeshParty;
let database: Client;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  database = new Client({ connectionString: mesh.databaseUrl });
  await database.connect();
  river = await mesh.party('tp_river');
});
afterAll(async () => {
  await database.end();
  await mesh.stop();
});

const about = (caseId: string, client: ClientShown) => ({
  name: 'consent.recorded' as const,
  to: 'mesh',
  case: caseId,
  client,
});
const stateOf = async (id: string): Promise<string | undefined> => {
  const { rows } = await database.query<{ state: string }>(
    'select state from delivery where id = $1',
    [id],
  );
  return rows[0]?.state;
};
/** What stands of the client's consents, as the provider that took them is shown it. */
const standing = async (caseId: string): Promise<readonly string[]> => {
  const reply = await river.ask<object>('consents', { case: caseId });
  if (!reply.ok) throw new Error(reply.detail);
  const { ok: _ok, ...answer } = reply;
  const { consents } = consentsReply.parse(answer);
  return consents.map(({ purpose, decision }) => `${purpose} ${decision}`).toSorted();
};
const shown = async (caseId: string): Promise<readonly string[]> => {
  const view = await river.ask<{ consents: { purpose: string; state: string }[] }>('client-view', {
    case: caseId,
    page: 0,
  });
  return view.ok ? view.consents.map(({ purpose, state }) => `${purpose} ${state}`).toSorted() : [];
};

describe('a no with a fault in it', () => {
  it.each([
    {
      fault: 'names somebody nobody knows',
      client: maria,
      more: { to: { parties: ['jcp_nowhere'] } },
      field: 'data.to.parties.0',
    },
    {
      fault: 'is garbage but for its decision',
      client: tomas,
      more: { form: 7, purposes: 'all', takenAt: 'yesterday', client: undefined, to: undefined },
      field: undefined,
    },
    {
      fault: 'bears the name of nobody',
      client: ana,
      more: { client: { ...ana, surname: 'Ejemplar' } },
      field: 'data.client',
    },
  ])(
    'that $fault: what stood is stopped, shown as refused, and its sender has a step',
    async ({ client, more, field }) => {
      const caseId = randomUUID();
      const yes = { ...about(caseId, client), data: (c: Context) => tpr2Consent(c, [office]) };
      expect((await river.sendAndWait(yes)).state).toBe('cleared');
      const share = { name: 'tpr2.shared' as const, to: office, case: caseId, client };
      const waits = await river.send(share);
      expect((await river.verdict(waits)).state).toMatch(/^cleared/);

      const no = await river.sendAndWait({
        ...about(caseId, client),
        data: (c) => ({ ...tpr2Consent(c, [office]), decision: 'refused', ...more }),
      });
      expect(no.state).toBe('refused');
      expect(no.task).toBe(field === 'data.client' ? 'check-identity' : 'mend-consent');
      if (field !== undefined) expect(no.records).toMatchObject([{ field }]);
      expect(await stateOf(waits)).toBe('stopped');
      expect((await river.sendAndWait(share)).records).toMatchObject([
        { reason: 'no-consent-on-record' },
      ]);
      const lines = await standing(caseId);
      expect(lines).toHaveLength(8);
      expect(lines.every((line) => line.endsWith(' refused'))).toBe(true);
      expect(await shown(caseId)).toEqual(lines);

      // The client agrees after all, and that is recorded.
      expect((await river.sendAndWait(yes)).state).toBe('cleared');
      expect((await river.sendAndWait(share)).state).toMatch(/^cleared/);
    },
  );

  it('of a person whom the agency has not, or to where none goes, stops it all the same', async () => {
    for (const fault of [{ actor: 'p_unknown' }, { to: office }]) {
      const caseId = randomUUID();
      const yes = { ...about(caseId, maria), data: (c: Context) => tpr2Consent(c, [office]) };
      await river.sendAndWait(yes);
      const { id, text } = river.compose({
        ...about(caseId, maria),
        data: (c) => ({ ...tpr2Consent(c, [office]), decision: 'refused' }),
      });
      await river.put(id, JSON.stringify({ ...(JSON.parse(text) as object), ...fault }));
      expect(await river.verdict(id)).toMatchObject({ state: 'refused', task: 'mend-consent' });
      expect((await standing(caseId)).filter((line) => line.endsWith(' given'))).toEqual([]);
    }
  });
});

type Context = Parameters<typeof tpr2Consent>[0];
