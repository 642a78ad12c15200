import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { serviceParties } from '#libs/contracts/party.js';
import {
  deliveryDurable,
  deliverySubject,
  eventsStream,
  eventsSubject,
  ingressStream,
} from '#libs/contracts/subjects.js';
import { askGuard } from '#libs/nats/ask-client.js';
import { serveAsks, type AnswerServer } from '#libs/nats/answer-server.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { replyAttempts } from '#test/support/broker-attempts.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

/*
 * What each key may say and hear is in the matrix (broker-matrix.test.ts). Here: what may be said, with a reply subject at which the answer
 * would do harm; a permission says nothing of it, so what counts is the state of the streams afterwards.
 */

/** Takes part in nothing: whatever changes about it was done to it. */
const victim = 'jcp_victim';
const attackers = ['jcp_leeds', 'trt_acme', ...serviceParties];
const parties = [victim, ...attackers];
/** More than any attacker can pull with its tricks. */
const seeded = 60;

let nats: NatsForTest;
let guard: NatsConnection;
let manager: JetStreamManager;
let heldAck = '';
let asks: AnswerServer;
const asked: string[] = [];
const connections = new Map<string, NatsConnection>();

interface StreamRecord {
  readonly config: unknown;
  readonly messages: number;
  readonly first: number;
  readonly last: number;
  readonly consumers: readonly unknown[];
}

async function record(stream: string): Promise<StreamRecord> {
  const { config, state } = await manager.streams.info(stream);
  const consumers = [];
  for await (const info of manager.consumers.list(stream)) {
    // What a party does with its own durable is its own; the victim's and the guard's must stand still.
    const stands = stream === victim || stream.startsWith('IN_');
    const { ack_floor: floor, num_ack_pending: pending, delivered } = info;
    consumers.push({
      config: info.config,
      ...(stands ? { floor: floor.stream_seq, pending, delivered: delivered.stream_seq } : {}),
    });
  }
  return {
    config,
    messages: state.messages,
    first: state.first_seq,
    last: state.last_seq,
    consumers,
  };
}

const allStreams = parties.flatMap((party) => [ingressStream(party), party]).concat(eventsStream);

async function recordAll(): Promise<Map<string, StreamRecord>> {
  const found = new Map<string, StreamRecord>();
  for (const stream of allStreams) found.set(stream, await record(stream));
  return found;
}

/** One message of a durable, by subscription, as a party's user may take it. */
async function pull(connection: NatsConnection, stream: string, durable: string): Promise<Msg> {
  const inbox = createInbox();
  const got: Msg[] = [];
  const subscription = connection.subscribe(inbox, {
    callback: (_error, message) => void got.push(message),
  });
  connection.publish(
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    JSON.stringify({ batch: 1, no_wait: true }),
    { reply: inbox },
  );
  const message = await until(`a message of ${stream}`, () => got[0], 3_000);
  subscription.unsubscribe();
  return message;
}

const connectionOf = (party: string): NatsConnection => connections.get(party) as NatsConnection;

beforeAll(async () => {
  nats = await NatsForTest.start(parties.filter((party) => !party.startsWith('svc_')));
  guard = await nats.connect('guard');
  manager = await jetstreamManager(await nats.connect('provisioner'));
  for (const party of parties) connections.set(party, await nats.connect(party));
  const out = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
  const body = new TextEncoder().encode('{"seed":true}');
  const seeds = Array.from({ length: seeded }, (_, n) => n);
  await Promise.all([
    ...parties.flatMap((party) =>
      seeds.map((n) => out.publish(body, `${party}-${n}`, deliverySubject(party))),
    ),
    ...seeds.map((n) => out.publish(body, `event-${n}`, eventsSubject)),
  ]);
  await out.stop();
  for (const party of parties) {
    const own = new RoadPublisher(connectionOf(party));
    await own.publish(body, `${party}-own`);
    await own.stop();
  }
  heldAck = (await pull(connectionOf(victim), victim, deliveryDurable)).reply as string;
  asks = serveAsks(guard, (party, verb, payload) => {
    asked.push(`${party} ${verb}`);
    return Promise.resolve({ ok: true, party, verb, payload });
  });
  await guard.flush();
});
afterAll(async () => {
  await asks?.stop();
  await nats?.stop();
});

describe('past the guard', () => {
  it('no reply subject makes the broker or the guard do it instead', async () => {
    const before = await recordAll();
    const own = new Map<string, number>();
    for (const party of attackers) {
      const connection = connectionOf(party);
      const attempts = replyAttempts(party, victim, heldAck);
      for (const { subject, payload, reply } of attempts)
        connection.publish(subject, payload, { reply });
      // The server itself drops what asks for its answer on an acknowledgement subject.
      own.set(
        ingressStream(party),
        attempts.filter(({ subject, reply }) => subject === 'out.msg' && reply !== heldAck).length,
      );
      await connection.flush();
      expect(await askGuard(connection, 'sentinel', {})).toMatchObject({ ok: true, party });
    }
    const after = await recordAll();
    for (const [stream, now] of after) {
      const sent = own.get(stream) ?? 0;
      const then = before.get(stream) as StreamRecord;
      // Nothing but what each party put out under its own name; no delivery made or taken away.
      expect({ stream, ...now }).toEqual({
        stream,
        ...then,
        messages: then.messages + sent,
        last: then.last + sent,
      });
    }
    expect(nats.isAlive).toBe(true);
  });

  it('the guard hears every question under the name of who asked', async () => {
    asked.length = 0;
    const others = parties.filter((party) => party !== 'trt_acme');
    for (const other of others)
      connectionOf('trt_acme').publish(`ask.${other}.verdict`, '{}', { reply: '_INBOX.x' });
    expect(await askGuard(connectionOf('trt_acme'), 'verdict', {})).toMatchObject({
      party: 'trt_acme',
    });
    // `ask.<other>.verdict` arrives as `ask.trt_acme.<other>.verdict`, which is no question.
    expect(asked).toEqual(['trt_acme verdict']);
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
          `egress.${victim}.msg`,
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
    tricks.unsubscribe();
  });
});
