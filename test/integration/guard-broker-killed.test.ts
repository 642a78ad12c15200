import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { deliveryStream, ingressStream } from '#libs/contracts/subjects.js';
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
const streams = [ingressStream('tp_river'), deliveryStream(office)];
let mesh: GuardMesh;
let proxy: HoldingProxy;
let river: MeshParty;
let jcp: MeshParty;
let provisioner: NatsConnection;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  proxy = await HoldingProxy.to(mesh.nats.broker.url);
  await mesh.guard({ NATS_URL: proxy.url });
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
const withdraw = (caseId: string) =>
  river.sendAndWait({
    name: 'consent.withdrawn',
    to: 'mesh',
    case: caseId,
    data: (context) => withdrawal(context, 'TPR2'),
  });

const stateOf = async (stream: string) =>
  (await (await jetstreamManager(provisioner)).streams.info(stream)).state;

/** All that lies in the two streams is worked; then the broker is killed, and has lost count of both when it runs again. */
async function loseCount(): Promise<void> {
  for (const stream of streams)
    await until(`${stream} is empty`, async () => (await stateOf(stream)).messages === 0);
  await mesh.nats.loseCount(...streams);
  await until(
    'the provisioner is back',
    async () => (await stateOf(streams[0] ?? '')).last_seq === 0,
  );
}

/** One client's message collected from a place of the office's stream, and another's lying in the same place since the broker lost count. */
async function onePlaceTwice() {
  const [early, late] = [randomUUID(), randomUUID()];
  await river.sendAndWait(consent(early, maria));
  await river.sendAndWait(consent(late, tomas));
  await loseCount();
  jcp.collect();
  const collected = await tell(early, maria);
  await jcp.delivery(collected);
  await loseCount();
  await jcp.rest();
  const lying = await tell(late, tomas);
  expect((await river.verdict(lying)).state).toBe('cleared');
  return { early, late, collected, lying };
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
    // More than the durable has given out: the last of them would be at hand before the first.
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

  it('loses nobody’s message to the withdrawal of another, who lay in the same place before and whose message was collected', async () => {
    const { early, late, collected, lying } = await onePlaceTwice();
    expect(
      await until('it lies there', async () =>
        (await stateOf(deliveryStream(office))).messages === 1
          ? stateOf(deliveryStream(office))
          : undefined,
      ),
    ).toMatchObject({ last_seq: 1 });
    expect((await withdraw(early)).state).toBe('cleared');
    expect((await river.verdict(collected)).state).toBe('collected');
    jcp.collect();
    expect((await jcp.delivery(lying)).id).toBe(lying);
    expect((await withdraw(late)).state).toBe('cleared');
    expect((await river.verdict(lying)).state).toBe('collected');
  });

  it('says of what was collected before that it was, though another’s was taken back from its place since', async () => {
    const { early, late, collected, lying } = await onePlaceTwice();
    expect((await withdraw(late)).state).toBe('cleared');
    expect((await river.verdict(lying)).state).toBe('stopped');
    expect((await withdraw(early)).state).toBe('cleared');
    expect((await river.verdict(collected)).state).toBe('collected');
    jcp.collect();
    await until('the holder is told', () =>
      jcp.received.find((message) => message.type.includes('stop-using') && message.case === early),
    );
  });
});

describe('a connection of the guard that is cut with messages on the way', () => {
  it('has them judged before what is sent later', async () => {
    const [leaving, coming] = [randomUUID(), randomUUID()];
    await river.sendAndWait(consent(leaving, maria));
    await until(
      'all is worked',
      async () => (await stateOf(ingressStream('tp_river'))).messages === 0,
    );
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
    await until('both are on the way', async () => (await mesh.nats.inHand('tp_river')) === 2);
    proxy.cut();
    await until('the guard is back', () => proxy.connections > 0);
    sent.push(await tell(leaving, maria), await tell(coming, tomas));
    const verdicts: (string | undefined)[] = [];
    for (const id of sent) verdicts.push((await river.verdict(id)).records[0]?.verdict);
    expect(verdicts).toEqual(['cleared', 'cleared', 'refused', 'cleared']);
  });
});
