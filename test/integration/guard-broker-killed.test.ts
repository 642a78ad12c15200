import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { ingressStream } from '#libs/contracts/subjects.js';
import {
  type FormContext,
  maria,
  tomas,
  tpr2Consent,
  withdrawal,
} from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { HoldingProxy } from '#test/support/holding-proxy.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';

const office = 'jcp_wandsworth';
const stream = ingressStream('tp_river');
let mesh: GuardMesh;
let proxy: HoldingProxy;
let river: MeshParty;
let jcp: MeshParty;
let provisioner: NatsConnection;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  proxy = await HoldingProxy.to(mesh.nats.broker.url);
  await mesh.guard({ NATS_URL: proxy.url, TRIM_AFTER_SECONDS: '1', IN_HAND_SECONDS: '5' });
  await mesh.applyDirectory();
  [river, jcp] = await Promise.all([mesh.party('tp_river'), mesh.party(office)]);
  provisioner = await mesh.nats.connect('provisioner');
});
afterAll(async () => {
  await mesh.stop();
  proxy.stop();
});

const consent = (caseId: string, client: NonNullable<Wanted['client']>): Wanted => ({
  name: 'consent.recorded',
  to: 'mesh',
  case: caseId,
  client,
  data: (context) => tpr2Consent(context, [office]),
});
const tell = (caseId: string, client: NonNullable<Wanted['client']>): Promise<string> =>
  river.send({ name: 'tpr2.shared', to: office, case: caseId, client });

const standing = async () =>
  (await (await jetstreamManager(provisioner)).streams.info(stream)).state;

/** All that was sent is worked; then the broker is killed, and has lost count of the provider's stream when it runs again. */
async function loseCount(): Promise<void> {
  await mesh.nats.loseCount(stream);
  await until('the provisioner is back', standing);
}

describe('a broker that was killed and counts its streams from 1 again', () => {
  it('has what is sent after that judged and given out all the same', async () => {
    jcp.collect();
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId, maria));
    for (const id of [
      await tell(caseId, maria),
      await tell(caseId, maria),
      await tell(caseId, maria),
    ])
      await jcp.delivery(id);
    await loseCount();
    const after = [await tell(caseId, maria), await tell(caseId, maria)];
    for (const id of after) await jcp.delivery(id);
    expect(jcp.received.map(({ id }) => id).slice(-2)).toEqual(after);
  });

  it('has them judged in the order in which they were sent, though they come while it is looked at', async () => {
    const [leaving, coming] = [randomUUID(), randomUUID()];
    await river.sendAndWait(consent(leaving, maria));
    await loseCount();
    const withdrawn = {
      name: 'consent.withdrawn' as const,
      to: 'mesh',
      data: (context: FormContext) => withdrawal(context, 'TPR2'),
    };
    const sent: string[] = [];
    for (const wanted of [{ ...withdrawn, case: leaving }, consent(coming, tomas)]) {
      await delay(150);
      sent.push(await river.send(wanted));
    }
    for (let n = 0; n < 12; n += 1)
      sent.push(await tell(leaving, maria), await tell(coming, tomas));
    const verdicts: (string | undefined)[] = [];
    for (const id of sent) verdicts.push((await river.verdict(id)).records[0]?.verdict);
    expect(verdicts).toEqual([
      'cleared',
      'cleared',
      ...Array.from({ length: 12 }, () => ['refused', 'cleared']).flat(),
    ]);
  });
});

describe('a broker that is killed, with what was committed trimmed', () => {
  it('loses nothing that it had acknowledged, and the guard decides nothing twice', async () => {
    const caseId = randomUUID();
    jcp.collect();
    await river.sendAndWait(consent(caseId, maria));
    const sent: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < 20; n += 1) sent.push(await tell(caseId, maria));
      await mesh.nats.kill();
      await mesh.nats.run();
    }
    for (const id of sent) {
      const { state, records } = await river.verdict(id);
      expect([state, records.length]).toEqual(['cleared', 1]);
    }
    for (const id of sent) await jcp.delivery(id);
    // What was in hand when the broker was killed may come again: each is in its place when it first comes.
    const first = [...new Set(jcp.received.map(({ id }) => id))];
    expect(first.filter((id) => sent.includes(id))).toEqual(sent);
    // One that was read stays always; the rest goes soon after its commit here.
    await until('it is trimmed', async () => (await standing()).messages <= 2);
    expect((await standing()).messages).toBeGreaterThan(0);
  });
});

describe('a connection of the guard that is cut with messages on the way', () => {
  it('has them judged before what is sent later', async () => {
    const [leaving, coming] = [randomUUID(), randomUUID()];
    await river.sendAndWait(consent(leaving, maria));
    proxy.hold('down');
    const withdrawn = {
      name: 'consent.withdrawn' as const,
      to: 'mesh',
      data: (context: FormContext) => withdrawal(context, 'TPR2'),
    };
    const sent = [
      await river.send({ ...withdrawn, case: leaving }),
      await river.send(consent(coming, tomas)),
    ];
    // The broker has given them out, and they do not arrive.
    for (const id of sent) await until('it is on the way', () => proxy.answers.includes(id));
    proxy.cut();
    await until('the guard is back', () => proxy.connections > 0);
    sent.push(await tell(leaving, maria), await tell(coming, tomas));
    const verdicts: (string | undefined)[] = [];
    for (const id of sent) verdicts.push((await river.verdict(id)).records[0]?.verdict);
    expect(verdicts).toEqual(['cleared', 'cleared', 'refused', 'cleared']);
  });
});
