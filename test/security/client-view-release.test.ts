import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { londonDate } from '#libs/calendar/london-time.js';
import { type ClientView, clientViewReply } from '#libs/contracts/client-view.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { runOperator } from '#services/operator/run-operator.js';
import { maria, tomas, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';
import { usualStart } from '#test/support/usual-start.js';

let mesh: GuardMesh;
let river: MeshParty;
let jcp: MeshParty;
let ops: MeshParty;
const caseId = randomUUID();
const today = londonDate(usualStart);

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  [river, jcp, ops] = await Promise.all([
    mesh.party('tp_river'),
    mesh.party('jcp_wandsworth'),
    mesh.party('svc_ops'),
  ]);
  for (const [person, party, job] of [
    ['p_river_manager', 'tp_river', 'manager'],
    ['p_river_manager_2', 'tp_river', 'manager'],
    ['p_ptl', 'jcp_wandsworth', 'performance-team-leader'],
    ['p_hill_manager', 'tp_hill', 'manager'],
  ])
    await ops.sendAndWait({
      name: 'directory.person-put',
      to: 'mesh',
      data: { person, party, job, deputy: person },
    });
  jcp.collect();
  const consent = (context: Parameters<typeof tpr2Consent>[0]) => ({
    ...tpr2Consent(context, ['jcp_wandsworth']),
    excludedCategories: ['contact'],
  });
  await river.sendAndWait({ name: 'consent.recorded', to: 'mesh', case: caseId, data: consent });
  const shared = await river.sendAndWait({
    name: 'tpr2.shared',
    to: 'jcp_wandsworth',
    case: caseId,
  });
  await jcp.delivery(shared.id);
  await river.sendAndWait({
    name: 'consent.withdrawn',
    to: 'mesh',
    case: caseId,
    data: (context) => withdrawal(context, 'TPR2', ['exit-notice']),
  });
  await river.sendAndWait({ name: 'tpr2.shared', to: 'jcp_wandsworth', case: caseId });
  await river.sendAndWait({ name: 'exit.notified', to: 'jcp_wandsworth', case: caseId });
});
afterAll(() => mesh?.stop());

/** A message of that party, by another person than its usual one. */
async function sendBy(party: MeshParty, actor: string, wanted: Wanted) {
  const { id, text } = party.compose({ case: caseId, ...wanted });
  await party.put(id, JSON.stringify({ ...(JSON.parse(text) as object), actor }));
  return party.verdict(id);
}
const request = (party: MeshParty, actor: string, more: Partial<Wanted> = {}) =>
  sendBy(party, actor, {
    name: 'client-view.requested',
    to: 'mesh',
    data: { clientAskedOn: today },
    ...more,
  });
const approve = (party: MeshParty, actor: string, id: string, more: Partial<Wanted> = {}) =>
  sendBy(party, actor, {
    name: 'client-view.approved',
    to: 'mesh',
    data: { request: id },
    ...more,
  });
const release = (approval: string) =>
  ops.sendAndWait({ name: 'client-view.released', to: 'mesh', data: { approval } });
const reasons = (timeline: { records: readonly { reason?: string | undefined }[] }) =>
  timeline.records.map(({ reason }) => reason ?? 'cleared');
const code = async (asked: Promise<{ ok: boolean; code?: string }>) => {
  const reply = await asked;
  return reply.ok ? 'ok' : reply.code;
};

describe("the release of a client's view", () => {
  it('needs a person with a releasing job, then another of another agency, then the operator; and gives it once', async () => {
    expect(reasons(await request(river, 'p_tp_river'))).toEqual(['person-not-entitled']);
    const asked = await request(river, 'p_river_manager');
    expect(asked.state).toBe('cleared');
    expect(reasons(await approve(river, 'p_river_manager', asked.id))).toEqual([
      'person-not-entitled',
    ]);
    expect(reasons(await approve(river, 'p_river_manager_2', asked.id))).toEqual([
      'person-not-entitled',
    ]);
    expect(reasons(await approve(jcp, 'p_jcp_wandsworth', asked.id))).toEqual([
      'person-not-entitled',
    ]);
    expect(reasons(await approve(jcp, 'p_river_manager', asked.id))).toEqual(['actor-unknown']);
    expect(reasons(await release(asked.id))).toEqual(['cause-unknown']);
    const approval = await approve(jcp, 'p_ptl', asked.id);
    expect(approval.state).toBe('cleared');
    const released = await release(approval.id);
    expect(released.state).toBe('cleared');
    expect(await code(river.ask('client-view', { release: released.id, page: 0 }))).toBe(
      'malformed-message',
    );
    expect(await code(ops.ask('client-view', { release: released.id, page: 1 }))).toBe('not-found');
    const { ok: _ok, ...reply } = (await ops.ask<object>('client-view', {
      release: released.id,
      page: 0,
    })) as { ok: true };
    const view = clientViewReply.parse(reply);
    expect(view).toMatchObject({ scope: 'whole', page: 0, pages: 1 });
    expect(
      view.entries.map(({ type, outcome, reason }) => [type.split('.')[1], outcome, reason ?? '']),
    ).toEqual([
      ['tpr2', 'told-in-part', ''],
      ['instruction', 'told', ''],
      ['tpr2', 'blocked', 'withdrawn'],
      ['exit', 'told', ''],
    ]);
    expect(view.entries[0]).toMatchObject({ withheld: ['contact'], stopUsing: true });
    expect(view.entries.find(({ type }) => type.includes('exit'))).toMatchObject({
      told: expect.arrayContaining(['exit']),
      consents: [{ form: 'TPR2' }],
    });
    expect(
      view.consents.find(({ purpose, state }) => purpose === 'exit-notice' && state === 'given'),
    ).toMatchObject({
      ruledOut: expect.arrayContaining(['contact']),
    });
    expect(JSON.stringify(view)).not.toMatch(/QQ123456A|Sample|1988-04-12|attends weekly/);

    expect(await code(ops.ask('client-view', { release: released.id, page: 0 }))).toBe('not-found');
    expect(reasons(await release(approval.id))).toEqual(['cause-unknown']);
    const second = await approve(jcp, 'p_ptl', asked.id);
    expect(reasons(await release(second.id))).toEqual(['cause-unknown']);
  });

  it('cannot be had by the operator alone, whatever it cites, forges or asks', async () => {
    for (const payload of [
      { release: randomUUID(), page: 0 },
      { case: caseId, page: 0 },
      { case: caseId, release: randomUUID(), page: 0 },
    ])
      expect(await code(ops.ask('client-view', payload))).not.toBe('ok');
    expect(reasons(await release(randomUUID()))).toEqual(['cause-unknown']);
    const forged = ops.compose({
      name: 'client-view.requested',
      to: 'mesh',
      case: caseId,
      data: { clientAskedOn: today },
    });
    const message = JSON.parse(forged.text) as object;
    for (const [source, actor] of [
      ['/parties/svc_ops', 'p_river_manager'],
      ['/parties/tp_river', 'p_river_manager'],
    ]) {
      const id = uuidV7(mesh.clock.now().getTime(), randomBytes(10));
      await ops.put(id, JSON.stringify({ ...message, id, source, actor }));
      expect((await ops.verdict(id)).state).toBe('refused');
    }
    // Nor by citing what is on record for another reason.
    const other = await river.sendAndWait({
      name: 'exit.notified',
      to: 'jcp_wandsworth',
      case: caseId,
    });
    expect(reasons(await release(other.id))).toEqual(['cause-unknown']);
    for (const service of ['svc_router', 'svc_notifier', 'svc_reminders'])
      expect(await code((await mesh.party(service)).ask('client-view', { case: caseId }))).toBe(
        'not-found',
      );
  });

  it('takes an approval for its own case and client only, and of an agency that is bound to it', async () => {
    const others = randomUUID();
    await river.sendAndWait({
      name: 'consent.recorded',
      to: 'mesh',
      case: others,
      client: tomas,
      data: (context) => tpr2Consent(context, ['jcp_wandsworth']),
    });
    await river.sendAndWait({
      name: 'tpr2.shared',
      to: 'jcp_wandsworth',
      case: others,
      client: tomas,
    });
    const asked = await request(river, 'p_river_manager', { case: others });
    expect(asked.state).toBe('cleared');
    expect(reasons(await approve(jcp, 'p_ptl', asked.id))).toEqual(['cause-unknown']);
    const hill = await mesh.party('tp_hill');
    expect(reasons(await approve(hill, 'p_hill_manager', asked.id, { case: others }))).toEqual([
      'case-not-yours',
    ]);
    const approval = await approve(jcp, 'p_ptl', asked.id, { case: others });
    const folder = mesh.nats.folder;
    const out = join(folder, 'view.html');
    const lines: string[] = [];
    const run = (...args: string[]) =>
      runOperator(['client-view', ...args], {
        env: {
          NATS_URL: mesh.nats.broker.url,
          NATS_SEED_FILE: mesh.nats.seedFile('svc_ops'),
          CLOCK_FILE: mesh.clockFile,
          MESH_ENV: 'local',
        },
        out: (line) => lines.push(line),
        err: (line) => lines.push(line),
      });
    expect([await run('release', approval.id, '--out', out), lines.at(-1)]).toEqual([
      0,
      expect.stringContaining(out),
    ]);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const page = await readFile(out, 'utf8');
    expect(page).toContain('tp_river</b> told <b>jcp_wandsworth</b>');
    expect(page).not.toMatch(
      new RegExp([tomas.nino, tomas.surname, maria.nino, maria.surname].join('|')),
    );
    expect(await run('release', approval.id, '--out', join(folder, 'again.html'))).toBe(1);
    await expect(stat(join(folder, 'again.html'))).rejects.toThrow('ENOENT');
    expect(await run('release', approval.id, '--out', out)).toBe(1);
    expect(await readFile(out, 'utf8')).toBe(page);
  });
});

describe("an agency's own part", () => {
  const part = async (party: MeshParty): Promise<ClientView> => {
    const { ok: _ok, ...reply } = (await party.ask<object>('client-view', { case: caseId })) as {
      ok: true;
    };
    return clientViewReply.parse(reply);
  };

  it('shows the sender what was blocked, and the recipient nothing of it', async () => {
    const sent = await part(river);
    expect(sent.scope).toBe('own-part');
    expect(sent.entries.filter(({ outcome }) => outcome === 'blocked')).toHaveLength(1);
    const got = await part(jcp);
    expect(got.entries.some(({ outcome }) => outcome === 'blocked' || outcome === 'stopped')).toBe(
      false,
    );
    expect(got.entries.length).toBeGreaterThan(0);
    const hill = await mesh.party('tp_hill');
    expect(await code(hill.ask('client-view', { case: caseId }))).toBe('case-not-yours');
  });
});
