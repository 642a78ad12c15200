import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { createInbox, nanos, type NatsConnection } from '@nats-io/nats-core';
import { takeReply } from '#libs/contracts/ask-inbox.js';
import { serviceParties } from '#libs/contracts/party.js';
import { ingressStream } from '#libs/contracts/subjects.js';
import { askFor, askGuard } from '#libs/nats/ask-client.js';
import { askJetStream } from '#libs/nats/jetstream-api.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { isReservedReply, openReading, replyAttempts } from '#test/support/broker-attempts.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { type StandInGuard, standInGuard } from '#test/support/stand-in-guard.js';
import { until } from '#test/support/until.js';

/*
 * What each key may say and hear is in the matrix (broker-matrix.test.ts). Here: what may be said, with a reply subject at which the answer
 * would do harm; a permission says nothing of it, so what counts is the state of the streams afterwards.
 */

/** Takes part in nothing: whatever changes about it was done to it. */
const victim = 'jcp_victim';
const attackers = ['jcp_leeds', 'trt_acme', ...serviceParties];
const parties = [victim, ...attackers];

let nats: NatsForTest;
let guard: NatsConnection;
let manager: JetStreamManager;
let standIn: StandInGuard;
const connections = new Map<string, NatsConnection>();
/** At subjects that a guard hears and nobody but a guard may say something on. */
const heardByGuard: string[] = [];

interface StreamRecord {
  readonly config: unknown;
  readonly messages: number;
  readonly first: number;
  readonly last: number;
  readonly readings: readonly unknown[];
}

/** Every stream there is, one that somebody made included, and the guard's reading of each. */
async function recordAll(): Promise<Map<string, StreamRecord>> {
  const found = new Map<string, StreamRecord>();
  for await (const { config, state } of manager.streams.list()) {
    const readings = [];
    for await (const reading of manager.consumers.list(config.name))
      readings.push({ config: reading.config, delivered: reading.delivered });
    const { messages, first_seq: first, last_seq: last } = state;
    found.set(config.name, { config, messages, first, last, readings });
  }
  return found;
}

const connectionOf = (party: string): NatsConnection => connections.get(party) as NatsConnection;

async function putOut(party: string, ...ids: readonly string[]): Promise<void> {
  const own = new RoadPublisher(connectionOf(party));
  for (const id of ids) await own.publish(new TextEncoder().encode('{"seed":true}'), id);
  await own.stop();
}

async function openReadingOf(party: string): Promise<void> {
  const stream = ingressStream(party);
  const config = {
    name: openReading,
    ack_policy: 'none',
    mem_storage: true,
    inactive_threshold: nanos(3_600_000),
  };
  const verb = `CONSUMER.CREATE.${stream}.${openReading}`;
  expect(await askJetStream(guard, verb, { stream_name: stream, config })).not.toHaveProperty(
    'error',
  );
}

beforeAll(async () => {
  nats = await NatsForTest.start(parties.filter((party) => !party.startsWith('svc_')));
  guard = await nats.connect('guard');
  manager = await jetstreamManager(await nats.connect('provisioner'));
  for (const party of parties) connections.set(party, await nats.connect(party));
  for (const party of parties) await putOut(party, `${party}-1`, `${party}-2`, `${party}-3`);
  for (const party of parties) await openReadingOf(party);
  standIn = await standInGuard(guard);
  guard.subscribe('wake', {
    callback: (_error, { subject }) => void heardByGuard.push(subject),
  });
  await guard.flush();
});
afterAll(async () => {
  await standIn?.stop();
  await nats?.stop();
});

describe('past the guard', () => {
  it('no reply subject makes the broker or the guard do it instead', async () => {
    const waiting = randomUUID();
    standIn.inbox.deliver(victim, waiting, { id: waiting, type: 't' });
    const before = await recordAll();
    const own = new Map<string, number>();
    for (const party of attackers) {
      const connection = connectionOf(party);
      const attempts = replyAttempts(victim);
      for (const { subject, payload, reply } of attempts)
        connection.publish(subject, payload, { reply });
      own.set(
        ingressStream(party),
        attempts.filter(({ subject, reply }) => subject === 'out.msg' && !isReservedReply(reply))
          .length,
      );
      await connection.flush();
      expect(await askGuard(connection, 'sentinel', {})).toMatchObject({ ok: true, party });
    }
    await guard.flush();
    const after = await recordAll();
    expect([...after.keys()].sort()).toEqual(parties.map(ingressStream).sort());
    for (const [stream, now] of after) {
      const sent = own.get(stream) ?? 0;
      const then = before.get(stream) as StreamRecord;
      // Nothing but what each party put out under its own name; nothing read, made or taken away.
      expect({ stream, ...now }).toEqual({
        stream,
        ...then,
        messages: then.messages + sent,
        last: then.last + sent,
      });
    }
    expect(heardByGuard).toEqual([]);
    expect(standIn.asked.filter((asked) => asked.startsWith(victim))).toEqual([]);
    const { messages } = await askFor(connectionOf(victim), 'take', {
      payload: { take: randomUUID(), max: 1 },
      reply: takeReply,
    });
    expect(messages).toEqual([
      expect.objectContaining({ given: 1, message: { id: waiting, type: 't' } }),
    ]);
    expect(nats.isAlive).toBe(true);
  });

  it('the guard hears every question under the name of who asked', async () => {
    standIn.asked.length = 0;
    const others = parties.filter((party) => party !== 'trt_acme');
    for (const other of others)
      for (const verb of ['verdict', 'take', 'settle', 'events'])
        connectionOf('trt_acme').publish(`ask.${other}.${verb}`, '{}', { reply: '_INBOX.x' });
    expect(await askGuard(connectionOf('trt_acme'), 'verdict', {})).toMatchObject({
      party: 'trt_acme',
    });
    // `ask.<other>.verdict` arrives as `ask.trt_acme.<other>.verdict`, which is no question.
    expect(standIn.asked).toEqual(['trt_acme verdict']);
  });

  it('a service answers the guard once, and only what the guard asked', async () => {
    const heard: string[] = [];
    const router = connectionOf('svc_router');
    const tricks = router.subscribe('answer.svc_router.worklist', {
      callback: (_error, message) => {
        const reply = message.reply as string;
        // The right to answer is for this reply subject, once, and for nothing beside it.
        for (const subject of [
          '_INBOX_guard.x',
          `ingress.${victim}.msg`,
          'wake',
          `${reply}.x`,
          reply,
          reply,
        ])
          router.publish(subject, '{"ok":true}');
      },
    });
    guard.subscribe('_INBOX_guard.>', {
      callback: (_error, message) => void heard.push(message.subject),
    });
    await router.flush();
    const inbox = createInbox('_INBOX_guard');
    guard.publish('answer.svc_router.worklist', '{}', { reply: inbox });
    await until('the answer comes', () => heard.includes(inbox));
    await router.flush();
    await guard.flush();
    expect(heard).toEqual([inbox]);
    expect(heardByGuard).toEqual([]);
    tricks.unsubscribe();
  });
});
