import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { addParty, proveConfig } from '#deploy/nats/add-party.js';
import { brokerConfig } from '#deploy/nats/broker-config.js';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { senderOfIngressSubject } from '#libs/contracts/subjects.js';
import { askGuard, requestJson } from '#libs/nats/ask-client.js';
import { serveAnswers } from '#libs/nats/answer-server.js';
import { IngressReader } from '#libs/nats/ingress-reader.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { inboxOf } from '#test/support/inbox-of.js';
import { IngressTap } from '#test/support/ingress-tap.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { type StandInGuard, standInGuard } from '#test/support/stand-in-guard.js';
import { until } from '#test/support/until.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nameOf = ({ message }: { readonly message: unknown }): string =>
  (message as { readonly name: string }).name;

let nats: NatsForTest;
let guard: NatsConnection;
let acme: NatsConnection;
let leeds: NatsConnection;
let provisioner: NatsConnection;
let standIn: StandInGuard;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_leeds', 'trt_acme', 'trt_small']);
  [guard, acme, leeds, provisioner] = (await Promise.all(
    ['guard', 'trt_acme', 'jcp_leeds', 'provisioner'].map((user) => nats.connect(user)),
  )) as [NatsConnection, NatsConnection, NatsConnection, NatsConnection];
  standIn = await standInGuard(guard);
});
afterAll(async () => {
  await standIn?.stop();
  await nats?.stop();
});

/** As the guard clears a message to a party. */
function handOn(party: string, name: string): void {
  const id = randomUUID();
  standIn.inbox.deliver(party, id, { id, type: 't', name });
}

describe('the road', () => {
  it('is made by a configuration that lint and server accept', async () => {
    const files = brokerConfig(nats.parties, nats.broker.options);
    await expect(proveConfig(nats.broker, nats.parties, files)).resolves.toBeUndefined();
  });

  it('carries a message from a party to the guard, under the broker’s word for the sender, and on to another party', async () => {
    const sender = new RoadPublisher(acme);
    const published = await Promise.all(
      Array.from({ length: 200 }, (_, n) => sender.publish(bytes(String(n)), `id-${n}`)),
    );
    expect(published.map(({ duplicate }) => duplicate)).not.toContain(true);
    expect(await sender.publish(bytes('0'), 'id-0')).toEqual({
      seq: published[0]!.seq,
      duplicate: true,
    });
    const inbox = inboxOf(leeds);
    const reader = new IngressReader({ connection: guard, party: 'trt_acme', batchSize: 64 });
    await reader.begin();
    const senders = new Set<string | undefined>();
    for (let count = 0; count < 200;) {
      const batch = await reader.next();
      expect(reader.isReading).toBe(true);
      for (const { subject, data } of batch) {
        senders.add(senderOfIngressSubject(subject));
        handOn('jcp_leeds', Buffer.from(data).toString('utf8'));
      }
      count += batch.length;
    }
    reader.stop();
    await until('all arrived', () => inbox.got.length === 200);
    expect(inbox.got.map((each) => Number(nameOf(each)))).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
    expect(senders).toEqual(new Set(['trt_acme']));
    await Promise.all([inbox.consumer.stop(), sender.stop()]);
    expect(standIn.inbox.open('jcp_leeds')).toEqual([]);
  });

  it('answers a full stream with mailbox-full, which does not use up the id', async () => {
    const small = await nats.newParty('trt_small', 64 * 1024);
    await provisionStreams(provisioner, [small]);
    const sender = new RoadPublisher(await nats.connect('trt_small'), { giveUpMs: 3_000 });
    const body = new Uint8Array(20 * 1024);
    for (let n = 0; n < 3; n += 1) await sender.publish(body, `full-${n}`);
    await expect(sender.publish(body, 'full-3')).rejects.toMatchObject({ code: 'mailbox-full' });
    // A stream is never shrunk below what lies in it: the server would drop the oldest.
    await expect(
      provisionStreams(provisioner, [{ ...small, maxBytes: 1024 }]),
    ).rejects.toMatchObject({
      code: 'config-invalid',
    });
    await provisionStreams(provisioner, [{ ...small, maxBytes: 1024 * 1024 }]);
    expect((await sender.publish(body, 'full-3')).duplicate).toBe(false);
    await expect(sender.publish(new Uint8Array(300 * 1024), 'big')).rejects.toMatchObject({
      code: 'payload-too-large',
    });
    await sender.stop();
  });

  it('carries questions to the guard with the name of who asks, and the guard’s to a service', async () => {
    const router = await nats.connect('svc_router');
    const answers = serveAnswers(router, 'svc_router', {
      worklist: (payload) => Promise.resolve({ ok: true, payload }),
    });
    await router.flush();
    expect(await askGuard(acme, 'verdict', { id: 1 })).toEqual({
      ok: true,
      party: 'trt_acme',
      verb: 'verdict',
      payload: { id: 1 },
    });
    expect(await askGuard(acme, '*', {})).toMatchObject({ ok: false, code: 'not-found' });
    expect(await requestJson(guard, 'answer.svc_router.worklist', { of: 'p' })).toEqual({
      ok: true,
      payload: { of: 'p' },
    });
    expect(await requestJson(guard, 'answer.svc_router.other', {})).toMatchObject({
      ok: false,
      code: 'not-found',
    });
    await answers.stop();
  });

  it('takes a new party while it runs, and loses nothing of the traffic meanwhile', async () => {
    const sender = new RoadPublisher(acme, { timeoutMs: 500 });
    const inbox = inboxOf(leeds);
    const tap = new IngressTap(guard, 'trt_acme', (text) => handOn('jcp_leeds', text));
    const traffic = { isOn: true };
    const adding = nats
      .newParty('trt_new')
      .then((party) => addParty(nats.broker, nats.parties, party, nats.seedFile('trt_new')))
      .finally(() => (traffic.isOn = false));
    let sent = 0;
    while (traffic.isOn) await sender.publish(bytes(`during-${sent}`), `during-${sent++}`);
    nats.parties = await adding;
    expect(sent).toBeGreaterThan(10);
    const arrived = () => inbox.got.map(nameOf).filter((name) => name.startsWith('during-'));
    await until('all arrived', () => arrived().length === sent);
    expect(arrived()).toEqual(Array.from({ length: sent }, (_, n) => `during-${n}`));
    const fresh = inboxOf(await nats.connect('trt_new'));
    handOn('trt_new', 'welcome');
    await until('the new party is served', () => fresh.got.length === 1);
    await Promise.all([tap.stop(), inbox.consumer.stop(), fresh.consumer.stop(), sender.stop()]);
    await expect(
      addParty(nats.broker, nats.parties, await nats.newParty('trt_new'), ''),
    ).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('leaves who asks without an answer when no guard is there', async () => {
    await standIn.stop();
    await guard.flush();
    await expect(askGuard(acme, 'verdict', {}, 500)).rejects.toMatchObject({
      code: expect.stringMatching(/broker-unavailable|answer-timeout/),
    });
  });
});
