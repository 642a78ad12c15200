import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import { takeReply } from '#libs/contracts/ask-inbox.js';
import { type FormContext, maria, tomas, tpr2Consent } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';

const office = 'jcp_wandsworth';
const dayMs = 24 * 3_600_000;
let mesh: GuardMesh;
let river: MeshParty;
let jcp: MeshParty;
let clock: LocalClockControl;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard({ IN_HAND_SECONDS: '1' });
  await mesh.applyDirectory();
  clock = await LocalClockControl.open(mesh.clockFile);
  [river, jcp] = await Promise.all([mesh.party('tp_river'), mesh.party(office)]);
});
afterAll(() => mesh.stop());

const later = (days: number): string =>
  new Date(clock.now().getTime() + days * dayMs).toISOString().slice(0, 10);
/** Sends a TPR2 under a consent that holds for a week. */
async function tell(client: FormContext['client']): Promise<{ caseId: string; id: string }> {
  const caseId = randomUUID();
  const own = { case: caseId, client };
  const untilDay = later(7);
  await river.sendAndWait({
    ...own,
    name: 'consent.recorded',
    to: 'mesh',
    data: (context) => ({ ...tpr2Consent(context, [office]), validUntil: untilDay }),
  });
  const id = await river.send({ ...own, name: 'tpr2.shared', to: office });
  expect((await river.verdict(id)).state).toBe('cleared');
  return { caseId, id };
}
const taken = async (): Promise<readonly string[]> => {
  const reply = await jcp.ask('take', { take: randomUUID(), max: 16 });
  return takeReply.parse(reply).messages.map(({ message }) => message.id);
};

describe('a consent that comes to its end while what rests on it waits', () => {
  it('stops that: it is given to nobody, its sender is to seek consent, and the case is not the recipient’s', async () => {
    const { caseId, id } = await tell(maria);
    await clock.jumpTo(new Date(clock.now().getTime() + 9 * dayMs));
    expect(await taken()).toEqual([]);
    await until('its sender is told', async () => (await river.verdict(id)).state === 'stopped');
    expect(await river.verdict(id)).toMatchObject({ task: 'seek-consent' });
    expect((await river.verdict(id)).records.at(-1)).toMatchObject({
      verdict: 'stopped',
      reason: 'no-consent-on-record',
    });
    expect(await jcp.ask('case', { case: caseId })).toMatchObject({ ok: false });
    expect(await jcp.ask('timeline', { id })).toMatchObject({ ok: false, code: 'not-found' });
  });

  it('does not take from its recipient what that had in hand, nor give it again', async () => {
    const { id } = await tell(tomas);
    expect(await taken()).toEqual([id]);
    await clock.jumpTo(new Date(clock.now().getTime() + 9 * dayMs));
    await until('its sender is told', async () => (await river.verdict(id)).state === 'stopped');
    expect(await taken()).toEqual([]);
    await jcp.finish(id);
  });

  it('leaves alone what was done with before', async () => {
    const { id } = await tell(maria);
    expect(await taken()).toEqual([id]);
    await jcp.finish(id);
    const { id: lapsing } = await tell(tomas);
    await clock.jumpTo(new Date(clock.now().getTime() + 9 * dayMs));
    await until('the other lapses', async () => (await river.verdict(lapsing)).state === 'stopped');
    expect((await river.verdict(id)).state).toBe('cleared');
  });
});
