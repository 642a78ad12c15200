import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { serviceParties } from '#libs/contracts/party.js';
import { deliveryDurable, deliverySubject, eventsStream, eventsSubject, ingressStream } from '#libs/contracts/subjects.js';
import { askGuard, requestJson } from '#libs/nats/ask-client.js';
import { serveAnswers, serveAsks, type AnswerServer } from '#libs/nats/answer-server.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { directAttempts, eavesdropping, replyAttempts } from '#test/support/broker-attempts.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

/*
 * Every party, the mesh's own services included, tries from its own key to reach past the guard, on a live server. A permission that
 * denies is silent, so each attempt's answers are watched by a subscription (a request would not see a pulled message), and what counts
 * is the state of the streams afterwards. The last tests show that what is allowed works: a dead server would pass the others.
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
    consumers.push({ config: info.config, ...(stands ? { floor: floor.stream_seq, pending, delivered: delivered.stream_seq } : {}) });
  }
  return { config, messages: state.messages, first: state.first_seq, last: state.last_seq, consumers };
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
  const subscription = connection.subscribe(inbox, { callback: (_error, message) => void got.push(message) });
  connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, JSON.stringify({ batch: 1, no_wait: true }), { reply: inbox });
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
    ...parties.flatMap((party) => seeds.map((n) => out.publish(body, `${party}-${n}`, deliverySubject(party)))),
    ...seeds.map((n) => out.publish(body, `event-${n}`, eventsSubject('referral'))),
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
  it('no party can publish, pull, acknowledge or command what is not its own', async () => {
    const before = await recordAll();
    const breaches: string[] = [];
    let tried = 0;
    for (const party of attackers) {
      const connection = connectionOf(party);
      const inbox = createInbox();
      const attempts = directAttempts(party, parties, heldAck);
      const subscription = connection.subscribe(`${inbox}.*`, {
        callback: (_error, answer) => {
          const attempt = attempts[Number(answer.subject.split('.').at(-1))];
          if (answer.headers?.code !== 503) breaches.push(`${party}: ${attempt?.subject} was answered: ${answer.string().slice(0, 80)}`);
        },
      });
      attempts.forEach(({ subject, payload }, n) => connection.publish(subject, payload, { reply: `${inbox}.${n}` }));
      tried += attempts.length;
      await connection.flush();
      expect(await askGuard(connection, 'sentinel', {})).toMatchObject({ ok: true, party });
      subscription.unsubscribe();
    }
    expect(tried).toBeGreaterThan(2_000);
    expect(breaches).toEqual([]);
    expect(Object.fromEntries(await recordAll())).toEqual(Object.fromEntries(before));
  });

  it('no reply subject makes the broker or the guard do it instead', async () => {
    const before = await recordAll();
    const own = new Map<string, number>();
    for (const party of attackers) {
      const connection = connectionOf(party);
      const attempts = replyAttempts(party, victim, heldAck);
      for (const { subject, payload, reply } of attempts) connection.publish(subject, payload, { reply: reply as string });
      // The server itself drops what asks for its answer on an acknowledgement subject.
      own.set(ingressStream(party), attempts.filter(({ subject, reply }) => subject === 'out.msg' && reply !== heldAck).length);
      await connection.flush();
      expect(await askGuard(connection, 'sentinel', {})).toMatchObject({ ok: true, party });
    }
    const after = await recordAll();
    for (const [stream, now] of after) {
      const sent = own.get(stream) ?? 0;
      const then = before.get(stream) as StreamRecord;
      // Nothing but what each party put out under its own name; no delivery made or taken away.
      expect({ stream, ...now }).toEqual({ stream, ...then, messages: then.messages + sent, last: then.last + sent });
    }
    expect(nats.isAlive).toBe(true);
  });

  it('no party hears what is not addressed to it', async () => {
    const heard: string[] = [];
    const refused: string[] = [];
    let tried = 0;
    for (const party of parties) {
      for (const subject of eavesdropping(party, 'svc_other')) {
        tried += 1;
        connectionOf(party).subscribe(subject, {
          callback: (error, message) => {
            if (error === null) heard.push(`${party} on ${subject}: ${message.subject}`);
            else refused.push(`${party} ${subject}`);
          },
        });
      }
      await connectionOf(party).flush();
    }
    const out = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
    await out.publish(new TextEncoder().encode('{}'), 'secret-delivery', deliverySubject(victim));
    await out.publish(new TextEncoder().encode('{}'), 'secret-event', eventsSubject('referral'));
    await out.stop();
    await askGuard(connectionOf(victim), 'sentinel', {});
    for (const party of parties) await connectionOf(party).flush();
    await until('every subscription is refused', () => refused.length === tried);
    expect(heard).toEqual([]);
  });

  it('the guard hears every question under the name of who asked', async () => {
    asked.length = 0;
    const others = parties.filter((party) => party !== 'trt_acme');
    for (const other of others) connectionOf('trt_acme').publish(`ask.${other}.verdict`, '{}', { reply: '_INBOX.x' });
    expect(await askGuard(connectionOf('trt_acme'), 'verdict', {})).toMatchObject({ party: 'trt_acme' });
    // `ask.<other>.verdict` arrives as `ask.trt_acme.<other>.verdict`, which is no question.
    expect(asked).toEqual(['trt_acme verdict']);
  });

  it('a key of no account is refused', async () => {
    await nats.newParty('stranger');
    await expect(nats.connect('stranger')).rejects.toMatchObject({ code: 'broker-unavailable' });
  });
});

describe('what is allowed', () => {
  it.each(parties)('works for %s: put out, take in, ask', async (party) => {
    const connection = connectionOf(party);
    const own = new RoadPublisher(connection);
    expect((await own.publish(new TextEncoder().encode('{}'), 'control')).duplicate).toBe(false);
    await own.stop();
    const delivery = await pull(connection, party, deliveryDurable);
    expect(delivery.subject).toBe(deliverySubject(party));
    expect(await connection.request(delivery.reply as string, '+ACK', { timeout: 2_000 })).toBeDefined();
    expect(await askGuard(connection, 'verdict', {})).toMatchObject({ ok: true, party });
  });

  it('works for the followers of EVENTS and for services that answer the guard', async () => {
    for (const service of ['svc_router', 'svc_reminders']) {
      expect((await pull(connectionOf(service), eventsStream, service)).subject).toBe('events.referral');
    }
    for (const service of ['svc_router', 'svc_reminders', 'svc_notifier']) {
      const server = serveAnswers(connectionOf(service), service, { worklist: () => Promise.resolve({ ok: true, service }) });
      await connectionOf(service).flush();
      expect(await requestJson(guard, `answer.${service}.worklist`, {})).toEqual({ ok: true, service });
      await server.stop();
    }
  });

  it('works for the guard: take an undelivered message away by its place', async () => {
    const before = await record(victim);
    const answer = await guard.request(`$JS.API.STREAM.MSG.DELETE.${victim}`, JSON.stringify({ seq: before.last }), { timeout: 2_000 });
    expect(answer.json()).toMatchObject({ success: true });
    expect((await record(victim)).messages).toBe(before.messages - 1);
  });
});
