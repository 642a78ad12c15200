import { randomUUID } from 'node:crypto';
import { afterEach, afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { askTake } from '#libs/contracts/ask-inbox.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { serveAsks } from '#libs/nats/answer-server.js';
import type { AskReply } from '#libs/nats/ask-client.js';
import type { Delivery, Outcome } from '#libs/nats/delivery.js';
import { idOf, inboxOf, type TestInbox } from '#test/support/inbox-of.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { type StandInGuard, standInGuard } from '#test/support/stand-in-guard.js';
import { until } from '#test/support/until.js';

const party = 'trt_acme';
let nats: NatsForTest;
let guard: NatsConnection;
let acme: NatsConnection;
let standIn: StandInGuard;
let inboxes: TestInbox[] = [];

beforeAll(async () => {
  nats = await NatsForTest.start([party]);
  [guard, acme] = await Promise.all([nats.connect('guard'), nats.connect(party)]);
});
beforeEach(async () => {
  standIn = await standInGuard(guard);
});
afterEach(async () => {
  const stopped = inboxes.map(({ consumer }) => consumer.stop());
  standIn.inbox.endWaits();
  await Promise.all(stopped);
  inboxes = [];
  await standIn.stop();
});
afterAll(() => nats?.stop());

const open = (choice?: Parameters<typeof inboxOf>[1], connection = acme): TestInbox => {
  const inbox = inboxOf(connection, choice);
  inboxes.push(inbox);
  return inbox;
};
const deliver = (...ids: readonly string[]): void => {
  for (const id of ids) standIn.inbox.deliver(party, id, { id, type: 't' });
};
const newIds = (count: number): string[] => Array.from({ length: count }, () => randomUUID());
const nothingIsOpen = () => standIn.inbox.open(party).length === 0;
const done: Outcome = { kind: 'ack' };

/** A handler that waits until it is let go. */
function held(): { readonly handle: () => Promise<Outcome>; readonly release: () => void } {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  return { handle: () => gate.then(() => done), release: () => release() };
}

describe('InboxConsumer', () => {
  it('begins what waits in the order of its places, and tells that it is done', async () => {
    const ids = newIds(200);
    deliver(...ids);
    const inbox = open();
    await until('all came', () => inbox.got.length === 200);
    expect(inbox.got.map(idOf)).toEqual(ids);
    expect(inbox.got.map(({ deliveries }) => deliveries)).toEqual(ids.map(() => 1));
    await until('all is done', nothingIsOpen);
  });

  it('is given what comes while it waits', async () => {
    const inbox = open();
    await until('it asks', () => standIn.asked.includes(`${party} take`));
    const [id = ''] = newIds(1);
    deliver(id);
    await until('it came', () => inbox.got.length === 1);
    await until('it is done', nothingIsOpen);
  });

  it('shares an inbox with another instance, each message to one of them', async () => {
    const one = open({ inFlight: 4 });
    const other = open({ inFlight: 4 }, await nats.connect(party));
    const ids = newIds(60);
    deliver(...ids);
    await until('all is done', nothingIsOpen);
    expect([...one.got, ...other.got].map(idOf).toSorted()).toEqual(ids.toSorted());
  });

  it('has no more in hand than it may', async () => {
    const gate = held();
    const inbox = open({ inFlight: 3, handle: gate.handle });
    deliver(...newIds(10));
    await until('three are in hand', () => inbox.got.length === 3);
    await acme.flush();
    await guard.flush();
    expect(inbox.got).toHaveLength(3);
    gate.release();
    await until('all is done', nothingIsOpen);
  });

  it('has a message again after its delay, and holds up none behind it', async () => {
    const order: string[] = [];
    const [first = '', second = ''] = newIds(2);
    const handle = (delivery: Delivery): Promise<Outcome> => {
      order.push(`${idOf(delivery)}#${delivery.deliveries}`);
      const isAgain = idOf(delivery) === first && delivery.deliveries < 3;
      return Promise.resolve(isAgain ? { kind: 'nak', delayMs: 50 } : done);
    };
    deliver(first, second);
    open({ handle });
    await until('all is done', nothingIsOpen);
    expect(order).toEqual([`${first}#1`, `${second}#1`, `${first}#2`, `${first}#3`]);
  });

  it('takes a throw for what the table of error codes says of it', async () => {
    const [passing = '', refused = ''] = newIds(2);
    const handle = (delivery: Delivery): Promise<Outcome> => {
      if (idOf(delivery) === refused)
        return Promise.reject(new MeshError('malformed-message', 'data.from is missing'));
      return delivery.deliveries === 1
        ? Promise.reject(new MeshError('store-unavailable', 'the database is away'))
        : Promise.resolve(done);
    };
    deliver(passing, refused);
    const inbox = open({ handle });
    await until('all is done', nothingIsOpen);
    expect(inbox.dead).toEqual([`${refused}: malformed-message: data.from is missing`]);
    expect(inbox.got.map((each) => [idOf(each), each.deliveries])).toEqual([
      [passing, 1],
      [refused, 1],
      [passing, 2],
    ]);
    expect(inbox.trouble).toHaveLength(2);
  });

  it('keeps a dead letter before it lets the message go; refused, it counts as unhealthy until one is taken', async () => {
    let refusals = 0;
    const waiting: number[] = [];
    const [id = ''] = newIds(1);
    deliver(id);
    const inbox = open({
      handle: () => Promise.resolve({ kind: 'dead', code: 'malformed-json', reason: 'no JSON' }),
      onDead: () => {
        waiting.push(standIn.inbox.open(party).length);
        refusals += 1;
        if (refusals === 1) throw new Error('the store is away');
      },
    });
    await until('unhealthy', () => refusals === 1 && !inbox.consumer.isHealthy());
    expect(inbox.dead).toEqual([]);
    await until('all is done', nothingIsOpen);
    expect(inbox.consumer.isHealthy()).toBe(true);
    expect(inbox.dead).toEqual([`${id}: malformed-json: no JSON`]);
    expect(waiting).toEqual([1, 1]);
  });

  it('finishes and tells what is in hand when it stops', async () => {
    const gate = held();
    const inbox = open({ handle: gate.handle });
    deliver(...newIds(2));
    await until('both are in hand', () => inbox.got.length === 2);
    const stopped = inbox.consumer.stop();
    expect(inbox.consumer.isHealthy()).toBe(false);
    gate.release();
    await stopped;
    expect(nothingIsOpen()).toBe(true);
    await inbox.consumer.stop();
  });

  it('gives back at once what it is given while it stops', async () => {
    const first = open();
    await until('it asks', () => standIn.asked.includes(`${party} take`));
    const stopped = first.consumer.stop();
    const [id = ''] = newIds(1);
    deliver(id);
    await stopped;
    expect(first.got).toEqual([]);
    // In hand it would be for a minute.
    const second = open();
    await until('the other has it', () => second.got.length === 1, 10_000);
    expect(second.got.map((each) => [idOf(each), each.deliveries])).toEqual([[id, 2]]);
  });

  it('does not wait for work for longer than it is told to, and does not tell that it is done', async () => {
    const gate = held();
    const inbox = open({ handle: gate.handle });
    deliver(...newIds(1));
    await until('it is in hand', () => inbox.got.length === 1);
    await inbox.consumer.stop(50);
    expect(nothingIsOpen()).toBe(false);
    gate.release();
  });

  it('tells that a message is done until a guard has heard it', async () => {
    const gate = held();
    const inbox = open({ handle: gate.handle });
    deliver(...newIds(1));
    await until('it is in hand', () => inbox.got.length === 1);
    await standIn.stop();
    await guard.flush();
    gate.release();
    await until('nobody heard it', () => inbox.trouble.length > 0);
    expect(nothingIsOpen()).toBe(false);
    standIn = await standInGuard(guard, standIn);
    await until('all is done', nothingIsOpen);
    expect(inbox.got).toHaveLength(1);
  });

  it('asks again under the same id when an answer is lost: what it was given by then comes at once', async () => {
    await standIn.stop();
    const { inbox: book } = standIn;
    const takes: string[] = [];
    const asks = serveAsks(guard, async (asker, verb, payload) => {
      if (verb !== 'take') return book.settle(asker, payload) as AskReply;
      const isFirst = takes.push(askTake.parse(payload).take) === 1;
      const answer = (await book.take(asker, payload)) as AskReply;
      return isFirst ? new Promise(() => undefined) : answer;
    });
    await guard.flush();
    const [id = ''] = newIds(1);
    deliver(id);
    const inbox = open();
    await until('it came', () => inbox.got.length === 1);
    expect(inbox.got.map((each) => [idOf(each), each.deliveries])).toEqual([[id, 2]]);
    await until('a take behind it', () => takes.length > 2);
    expect(takes[1]).toBe(takes[0]);
    expect(new Set(takes).size).toBeGreaterThan(1);
    await inbox.consumer.stop();
    void asks.stop();
  });

  it('is unhealthy when no guard has answered for some seconds, and goes on by itself when one does', async () => {
    const inbox = open();
    expect(inbox.consumer.isHealthy()).toBe(true);
    await standIn.stop();
    await until('unhealthy', () => !inbox.consumer.isHealthy());
    standIn = await standInGuard(guard, standIn);
    deliver(...newIds(1));
    await until('all is done', nothingIsOpen);
    expect(inbox.consumer.isHealthy()).toBe(true);
  });

  it('is not healthy before it is started, and takes nothing when it was stopped before', async () => {
    const inbox = open();
    await inbox.consumer.stop();
    inbox.consumer.start();
    deliver(...newIds(1));
    await guard.flush();
    expect(inbox.consumer.isHealthy()).toBe(false);
    expect(inbox.got).toEqual([]);
  });
});
