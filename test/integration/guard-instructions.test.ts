import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { typeOf } from '#libs/contracts/message-table.js';
import { dpa1, forms, maria, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';

let mesh: GuardMesh;
let ledger: Pool;
let jcp: MeshParty;
let river: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  ledger = new Pool({ connectionString: mesh.databaseUrl, max: 2 });
  ledger.on('error', () => undefined);
  await mesh.guard();
  await mesh.applyDirectory();
  jcp = await mesh.party('jcp_wandsworth');
  river = await mesh.party('tp_river');
  for (const party of [jcp, river]) party.collect();
});
afterAll(async () => {
  await ledger?.end();
  await mesh?.stop();
});

let clients = 0;
const newCase = () => {
  clients += 1;
  const client = { ...maria, nino: `QQ${200_000 + clients}A` };
  const caseId = randomUUID();
  const about = (wanted: Omit<Wanted, 'case' | 'client'>): Wanted => ({
    client,
    case: caseId,
    ...wanted,
  });
  const cleared = async (
    party: MeshParty,
    wanted: Omit<Wanted, 'case' | 'client'>,
  ): Promise<string> => {
    const { id, state } = await party.sendAndWait(about(wanted));
    expect({ name: wanted.name, state }).toMatchObject({
      state: expect.stringMatching(/^cleared/),
    });
    return id;
  };
  return { caseId, about, cleared };
};
const instructionsAfter = async (cause: string): Promise<readonly string[]> => {
  const { rows } = await ledger.query<{ id: string }>(
    "select id from record where cause = $1 and name = 'instruction.stop-using'",
    [cause],
  );
  return rows.map(({ id }) => id);
};

const refer: Omit<Wanted, 'case' | 'client'> = {
  name: 'consent.recorded',
  to: 'mesh',
  data: (c) => tpr1(c, ['tp_river']),
};
const share: Omit<Wanted, 'case' | 'client'> = {
  name: 'consent.recorded',
  to: 'mesh',
  data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
};

describe('the guard’s own instruction to stop using', () => {
  it('goes to who got a wrong outcome, where no consent covers its correction any more', async () => {
    const { about, cleared } = newCase();
    await cleared(jcp, refer);
    const referral = await cleared(jcp, {
      name: 'referral.requested',
      to: 'tp_river',
    });
    await river.delivery(referral);
    const outcome = { to: 'jcp_wandsworth', cites: referral };
    const wrong = await cleared(river, { name: 'appointment.did-not-attend', ...outcome });
    await jcp.delivery(wrong);
    await cleared(jcp, {
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR1'),
    });
    const correction = river.compose({
      ...about({ name: 'appointment.attended', ...outcome }),
      data: (c) => ({ ...forms['appointment.attended']?.(c), corrects: wrong }),
    });
    await river.put(correction.id, correction.text);
    expect(await river.verdict(correction.id)).toMatchObject({
      state: 'refused',
      records: [{ reason: 'no-consent-on-record', detail: expect.stringMatching(/stop using/) }],
    });
    const [own = ''] = await instructionsAfter(correction.id);
    expect((await jcp.delivery(own)).data).toEqual({
      what: 'stop-using-and-take-off-the-record',
      message: wrong,
    });
    await river.put(correction.id, correction.text, 'again');
    await cleared(river, { name: 'careplan.agreed', to: 'mesh' });
    expect(await instructionsAfter(correction.id)).toEqual([own]);
  });

  it('goes to the office that found no trace, and nothing more goes there', async () => {
    const { caseId, about, cleared } = newCase();
    await cleared(jcp, refer);
    await cleared(jcp, { name: 'referral.requested', to: 'tp_river' });
    await cleared(river, share);
    const tpr2 = await cleared(river, { name: 'tpr2.shared', to: 'jcp_wandsworth' });
    const gone = jcp.compose(
      about({
        name: 'tpr2.no-trace',
        to: 'tp_river',
        cites: tpr2,
      }),
    );
    await jcp.put(gone.id, gone.text);
    expect((await jcp.verdict(gone.id)).state).toBe('cleared');
    const [own = ''] = await instructionsAfter(gone.id);
    expect(await jcp.delivery(own)).toMatchObject({
      type: typeOf('instruction.stop-using'),
      case: caseId,
      data: { what: 'stop-using-and-take-off-the-record' },
    });
    // The same message again: the same instruction, once.
    await jcp.put(gone.id, gone.text, 'again');
    const exit = await river.sendAndWait(
      about({
        name: 'exit.notified',
        to: 'jcp_wandsworth',
      }),
    );
    expect(exit.records).toMatchObject([{ reason: 'contradicts-record', field: 'to' }]);
    expect(await instructionsAfter(gone.id)).toEqual([own]);
  });

  it('goes to the job centre that took a DPA1, where the client takes it back at the provider', async () => {
    const { caseId, about, cleared } = newCase();
    await cleared(jcp, { name: 'consent.recorded', to: 'mesh', data: (c) => dpa1(c) });
    const atProvider = randomUUID();
    await river.sendAndWait({ ...about(share), case: atProvider });
    const back: Omit<Wanted, 'case' | 'client'> = {
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'DPA1'),
    };
    const { id: withdrawn } = await river.sendAndWait({ ...about(back), case: atProvider });
    const [instruction] = await instructionsAfter(withdrawn);
    const facts = await ledger.query('select facts from record where id = $1', [instruction]);
    expect(facts.rows).toEqual([{ facts: { form: 'DPA1', keep: '' } }]);
    const delivery = await jcp.delivery(instruction ?? '');
    expect(delivery.case).toBe(caseId);
    expect(delivery.data).toEqual({ what: 'stop-using-and-take-off-the-record' });
    // What it was told itself, an agency need not be told.
    await cleared(jcp, { name: 'consent.recorded', to: 'mesh', data: (c) => dpa1(c) });
    expect(await instructionsAfter(await cleared(jcp, back))).toEqual([]);
  });
});
