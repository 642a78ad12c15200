import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EdgeClient } from '#deploy/sample/edge-client.js';
import { dpa1, forms, maria, tpr1 } from '#test/support/guard-forms.js';
import { type CloudEvent, MeshForTest } from '#test/support/mesh-for-test.js';
import { allow } from '#test/support/pace.js';

const [jcp, tees] = ['jcp_leeds', 'trt_tees'] as const;
const [adviser, keyworker] = ['p_leeds_adviser_1', 'p_tees_keyworker_1'] as const;

let mesh: MeshForTest;
beforeAll(async () => {
  mesh = await MeshForTest.start({ without: ['notifier'] });
}, allow(120_000));
afterAll(() => mesh?.stop());

/** The file that an operator writes for a provider that joins. */
const joining = {
  parties: [
    {
      id: tees,
      kind: 'treatment-provider',
      agency: tees,
      name: 'Tees Recovery',
      serves: [{ role: 'treatment', district: 'tees-valley' }],
      dutyPerson: keyworker,
      teamLeader: keyworker,
    },
  ],
  people: [
    {
      id: keyworker,
      name: 'Edith Invented',
      party: tees,
      job: 'keyworker',
      address: 'tees.keyworker.1@example.org',
      deputy: 'p_tees_keyworker_2',
      key: false,
    },
    {
      id: 'p_tees_keyworker_2',
      name: 'Bruno Invented',
      party: tees,
      job: 'keyworker',
      address: 'tees.keyworker.2@example.org',
      deputy: keyworker,
      key: false,
    },
  ],
};

describe('a party that joins while the mesh runs and others send', () => {
  it('is added by one command, sends and receives, and nobody loses a message', async () => {
    const caseId = randomUUID();
    const now = (): string => mesh.clock.now().toISOString();
    const context = {
      client: maria,
      today: now().slice(0, 10),
      now: now(),
      later: now(),
      cites: '',
      person: adviser,
    };
    const fromJcp = (
      name: 'consent.recorded' | 'referral.requested',
      to: string,
      data: Readonly<Record<string, unknown>>,
    ): CloudEvent => mesh.message({ name, from: jcp, actor: adviser, to, case: caseId, data });
    const before = new EdgeClient(mesh.mesh.gatewayUrl, mesh.mesh.tokens, allow(30_000));
    expect(
      (await before.send(jcp, fromJcp('consent.recorded', 'mesh', dpa1(context)))).timeline?.state,
    ).toBe('cleared');

    // Others send all the while: the broker reloads its configuration twice under them.
    const isAdded = new AbortController();
    const others: (string | undefined)[] = [];
    const sending = (async () => {
      while (!isAdded.signal.aborted)
        others.push(
          (await before.send(jcp, fromJcp('consent.recorded', 'mesh', dpa1(context)))).timeline
            ?.state,
        );
    })();
    const file = join(mesh.folder, 'tees.json');
    await writeFile(file, JSON.stringify(joining));
    const added = await mesh.operator(['--json', 'party', 'add', file]);
    isAdded.abort();
    await sending;
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(others.length).toBeGreaterThan(0);
    expect(new Set(others)).toEqual(new Set(['cleared']));

    const { token } = JSON.parse(added.out) as { token: string };
    const edge = new EdgeClient(
      mesh.mesh.gatewayUrl,
      { ...mesh.mesh.tokens, [tees]: token },
      30_000,
    );
    const consent = fromJcp(
      'consent.recorded',
      'mesh',
      tpr1({ ...context, now: now() }, [tees], 'tees-valley'),
    );
    expect((await edge.send(jcp, consent)).timeline?.state).toBe('cleared');
    const referral = fromJcp(
      'referral.requested',
      'area:tees-valley/treatment',
      forms['referral.requested']?.(context) ?? {},
    );
    expect((await edge.send(jcp, referral)).timeline?.records[0]?.verdict).toBe('waiting');
    expect(await edge.collect(tees, 20)).toMatchObject([
      { id: referral.id, to: tees, data: { client: { surname: maria.surname } } },
    ]);

    const answer = mesh.message({
      name: 'referral.acknowledged',
      from: tees,
      actor: keyworker,
      to: jcp,
      case: caseId,
      data: { referral: referral.id },
    });
    expect((await edge.send(tees, answer)).timeline?.state).toBe('cleared');
    expect(await edge.collect(jcp, 20)).toMatchObject([{ id: answer.id }]);
  });
});
