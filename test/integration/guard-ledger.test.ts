import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { consentsReply, dpa1Reply, tryReply } from '#libs/contracts/ask.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { personOf } from '#test/support/guard-builders.js';
import {
  ana,
  dpa1,
  maria,
  tomas,
  tpr1,
  tpr2Consent,
  withdrawal,
} from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';

let mesh: GuardMesh;
let river: MeshParty;
let jcp: MeshParty;
let works: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  [river, jcp, works] = await Promise.all([
    mesh.party('tp_river'),
    mesh.party('jcp_wandsworth'),
    mesh.party('cp_works'),
  ]);
});
afterAll(() => mesh?.stop());

const consent = (caseId: string, more: object = {}, client: Wanted['client'] = maria): Wanted => ({
  name: 'consent.recorded',
  to: 'mesh',
  case: caseId,
  ...(client === undefined ? {} : { client }),
  data: (context) => ({ ...tpr2Consent(context, ['jcp_wandsworth']), ...more }),
});
const failed = (reply: { ok: boolean; code?: string }): string =>
  reply.ok ? 'ok' : String(reply.code);

describe('the ledger of consents', () => {
  it('answers when a consent is recorded which older decisions it supersedes and which newer one stands', async () => {
    const caseId = randomUUID();
    const first = await river.sendAndWait(consent(caseId));
    expect(first.consent).toMatchObject({ supersedes: [], notChanged: [] });
    expect(first.consent?.covers.map(({ from, purpose }) => `${from} ${purpose}`)).toEqual(
      ['jcp', 'river'].flatMap((from) =>
        ['exit-notice', 'share-employment-needs', 'three-way-review', 'treatment-status'].map(
          (purpose) => `${from} ${purpose}`,
        ),
      ),
    );
    const second = await river.sendAndWait(
      consent(caseId, { purposes: ['exit-notice'], decision: 'refused' }),
    );
    expect(second.consent?.supersedes).toEqual([
      { from: 'jcp', to: 'river', purpose: 'exit-notice' },
      { from: 'river', to: 'jcp', purpose: 'exit-notice' },
    ]);
    const old = new Date(mesh.clock.now().getTime() - 3_600_000).toISOString();
    const late = await river.sendAndWait(
      consent(caseId, { purposes: ['exit-notice', 'treatment-status'], takenAt: old }),
    );
    expect(late).toMatchObject({ state: 'refused', task: 'mend-consent' });
    expect(late.records).toMatchObject([{ reason: 'newer-decision-stands' }]);
    expect(late.consent?.notChanged).toHaveLength(4);
    expect(late.consent?.covers).toEqual([]);

    const gone = await river.sendAndWait({
      name: 'consent.withdrawn',
      to: 'mesh',
      case: caseId,
      data: (context) => withdrawal(context, 'TPR2', ['three-way-review']),
    });
    expect(gone.consent?.supersedes).toHaveLength(4);
    const reply = await river.ask<object>('consents', { case: caseId });
    const { ok: _ok, ...answer } = reply as { ok: true };
    const { consents, history } = consentsReply.parse(answer);
    const line = (purpose: string) =>
      consents.find((each) => each.purpose === purpose && each.from === 'river');
    expect(line('treatment-status')).toMatchObject({
      decision: 'withdrawn',
      consent: first.id,
      withdrawal: {
        withdrawal: gone.id,
        by: 'tp_river',
        how: 'in-person',
        kept: ['three-way-review'],
      },
    });
    expect(line('exit-notice')).toMatchObject({
      decision: 'refused',
      consent: second.id,
      supersedes: first.id,
    });
    expect(line('three-way-review')).toMatchObject({ decision: 'given' });
    const steps = history.filter(
      ({ purpose, from }) => purpose === 'treatment-status' && from === 'river',
    );
    expect(steps.map(({ id, outcome }) => [id, outcome])).toEqual([
      [first.id, 'stands'],
      [late.id, 'not-changed'],
      [gone.id, 'stands'],
    ]);
    expect(JSON.stringify(answer)).not.toMatch(/QQ123456A|Sample|1988/);
  });

  it('answers who withdraws what another agency took alike, whether or not there was a consent to end', async () => {
    // Two clients of the job centre, one of whom has agreed to share; the TPR2 was not collected yet.
    const answers = await Promise.all(
      [true, false].map(async (isAgreed) => {
        const caseId = randomUUID();
        const client = {
          ...maria,
          nino: isAgreed ? 'QQ200001A' : 'QQ200002A',
          surname: 'Sampleton',
        };
        const own = { name: 'consent.recorded' as const, to: 'mesh', case: caseId, client };
        await jcp.sendAndWait({ ...own, data: (context) => tpr1(context, ['tp_river']) });
        await jcp.sendAndWait({ name: 'referral.requested', to: 'tp_river', case: caseId, client });
        const asked = isAgreed ? {} : { decision: 'refused' };
        await river.sendAndWait(consent(caseId, asked, client));
        const {
          id: _id,
          case: _case,
          time: _time,
          records,
          ...answer
        } = await jcp.sendAndWait({
          name: 'consent.withdrawn',
          to: 'mesh',
          case: caseId,
          data: (context) => withdrawal(context, 'TPR2'),
        });
        return { ...answer, records: records.map(({ at: _at, ...record }) => record) };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toEqual({
      ok: true,
      type: 'throughcare.consent.withdrawn.v1',
      sender: 'jcp_wandsworth',
      to: 'mesh',
      state: 'cleared',
      records: [{ verdict: 'cleared' }],
    });
  });

  it('tells nobody of lines that do not concern their agency', async () => {
    const caseId = randomUUID();
    const taken = await jcp.sendAndWait({
      name: 'consent.recorded',
      to: 'mesh',
      case: caseId,
      client: tomas,
      data: (context) => tpr1(context, ['spoc_south', 'tp_hill']),
    });
    const again = await jcp.sendAndWait({
      name: 'consent.recorded',
      to: 'mesh',
      case: caseId,
      client: tomas,
      data: (context) => tpr1(context, ['spoc_south', 'tp_hill']),
    });
    expect(taken.state).toBe('cleared');
    const told = JSON.stringify(again.consent);
    expect(again.consent?.supersedes).not.toHaveLength(0);
    // The single point of contact passes on to the provider: their line, not the job centre's.
    expect(told).not.toContain('"from":"gateway_south","to":"hill"');
    expect(failed(await river.ask('consents', { case: caseId }))).toBe('case-not-yours');
  });

  it('answers whether a DPA1 is current, to a job centre of the case and to nobody else', async () => {
    const caseId = randomUUID();
    const asked = async () => {
      const { ok: _ok, ...answer } = (await jcp.ask<object>('dpa1', { case: caseId })) as {
        ok: true;
      };
      return dpa1Reply.parse(answer);
    };
    const days = { validUntil: addDays(londonDate(mesh.clock.now()), 30) };
    const recorded = { name: 'consent.recorded' as const, to: 'mesh', case: caseId, client: ana };
    expect(failed(await jcp.ask('dpa1', { case: caseId }))).toBe('case-not-yours');
    await jcp.sendAndWait({
      ...recorded,
      data: (context) => ({ ...dpa1(context), decision: 'refused' }),
    });
    expect(await asked()).toEqual({ current: false });
    await jcp.sendAndWait({ ...recorded, data: (context) => ({ ...dpa1(context), ...days }) });
    expect(await asked()).toEqual({ current: true, until: days.validUntil });
    await jcp.sendAndWait({
      name: 'consent.withdrawn',
      to: 'mesh',
      case: caseId,
      data: (context) => withdrawal(context, 'DPA1'),
    });
    expect(await asked()).toEqual({ current: false });
    expect(failed(await river.ask('dpa1', { case: caseId }))).toBe('case-not-yours');
    const own = randomUUID();
    await works.sendAndWait({
      ...recorded,
      client: tomas,
      case: own,
      data: (context) => dpa1(context, ['jcp_wandsworth']),
    });
    // It counts for the provider itself, which may ask of its own record.
    expect(await works.ask('dpa1', { case: own })).toMatchObject({ ok: true, current: true });
    const treated = randomUUID();
    await river.sendAndWait(consent(treated, {}, tomas));
    expect(failed(await river.ask('dpa1', { case: treated }))).toBe('not-found');
  });

  it('tries a consent without recording anything, and answers wrong questions with the field', async () => {
    const { client: _client, ...terms } = tpr2Consent(
      {
        client: maria,
        now: mesh.clock.now().toISOString(),
        today: '',
        later: '',
        cites: '',
        person: personOf('tp_river'),
      },
      ['jcp_wandsworth'],
    );
    const reply = await river.ask<object>('try', {
      consent: { ...terms, excludedCategories: ['contact'] },
      messages: [{ type: typeOf('tpr2.shared') }],
    });
    const { ok: _ok, ...answer } = reply as { ok: true };
    const [line] = tryReply.parse(answer).messages;
    expect(line).toMatchObject({
      verdict: 'cleared-in-part',
      from: 'tp_river',
      to: 'jcp_wandsworth',
    });
    expect(line?.leftOut).toEqual(['contact.address', 'contact.postcode', 'contact.phone']);
    expect(
      await river.ask('try', { consent: { ...terms, purposes: ['refer-to-treatment'] } }),
    ).toMatchObject({
      code: 'malformed-message',
      field: 'consent.purposes',
    });
    expect(await river.ask('try', { consent: { ...terms, client: maria } })).toMatchObject({
      code: 'malformed-message',
      field: 'consent',
    });
    expect(
      await jcp.ask('try', { consent: { ...terms, takenBy: personOf('jcp_wandsworth') } }),
    ).toMatchObject({
      code: 'consent-not-yours-to-take',
      field: 'consent.form',
    });
    const ops = await mesh.party('svc_ops');
    expect(failed(await ops.ask('try', { consent: terms }))).toBe('not-found');
  });
});
