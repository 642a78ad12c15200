import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import { maria, tomas, tpr2Consent } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';

const office = 'jcp_wandsworth';
let mesh: GuardMesh;
let river: MeshParty;
let ops: MeshParty;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  [river, ops] = await Promise.all([mesh.party('tp_river'), mesh.party('svc_ops')]);
});
afterAll(() => mesh.stop());

interface Letter {
  readonly message?: string;
  readonly code: string;
}
const letters = async (): Promise<readonly Letter[]> => {
  const reply = await ops.ask<{ deadLetters: Letter[] }>('dead-letters', {});
  if (!reply.ok) throw new Error(reply.code);
  return reply.deadLetters.map(({ message, code }) => ({
    ...(message === undefined ? {} : { message }),
    code,
  }));
};
const consented = (caseId: string, client: typeof maria) =>
  river.sendAndWait({
    name: 'consent.recorded',
    to: 'mesh',
    case: caseId,
    client,
    data: (context) => tpr2Consent(context, [office]),
  });

describe('what is on record, read again from the first message', () => {
  it('is no dead letter where it is too old by then to be taken anew', async () => {
    const guard = await mesh.guard();
    await mesh.applyDirectory();
    const caseId = randomUUID();
    await consented(caseId, maria);
    const told = { name: 'tpr2.shared' as const, to: office, case: caseId, client: maria };
    const before = await river.sendAndWait(told);
    const clock = await LocalClockControl.open(mesh.clockFile);
    await clock.jumpTo(new Date(clock.now().getTime() + 30 * 24 * 3_600_000));
    await guard.end('SIGKILL');
    await mesh.guard();
    // The next of the same sender: all before it is read again by then.
    expect((await river.sendAndWait(told)).state).toBe('cleared');
    expect(await river.verdict(before.id)).toEqual(before);
    expect(await letters()).toEqual([]);
  });

  it('is nothing for other bytes under its id: what cannot be read of them is a dead letter, for somebody to see', async () => {
    const caseId = randomUUID();
    await consented(caseId, tomas);
    const { id, text } = river.compose({
      name: 'tpr2.shared',
      to: office,
      case: caseId,
      client: tomas,
    });
    await river.put(id, text);
    expect((await river.verdict(id)).state).toBe('cleared');
    await river.put(id, text.replace('"specversion":"1.0",', ''));
    await until('it is kept', async () => (await letters()).length > 0);
    expect(await letters()).toEqual([{ message: id, code: 'malformed-message' }]);
  });
});
