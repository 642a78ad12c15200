import { afterEach, afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { EventsFollower } from '#libs/nats/events-follower.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { type StandInGuard, standInGuard } from '#test/support/stand-in-guard.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: NatsConnection;
let router: NatsConnection;
let standIn: StandInGuard;
let followers: EventsFollower[] = [];

beforeAll(async () => {
  nats = await NatsForTest.start([]);
  [guard, router] = await Promise.all([nats.connect('guard'), nats.connect('svc_router')]);
});
beforeEach(async () => {
  standIn = await standInGuard(guard);
});
afterEach(async () => {
  await Promise.all(followers.map((follower) => follower.stop()));
  followers = [];
  await standIn.stop();
});
afterAll(() => nats?.stop());

const event = (id: string): MeshEvent => ({
  id,
  seq: 1,
  type: 'throughcare.referral.requested.v1',
  verdict: 'cleared',
  sender: 'jcp_west',
  senderKind: 'jobcentre',
  to: 'tp_river',
  time: '2026-03-02T09:00:00.000Z',
  recordedAt: '2026-03-02T09:00:00.000Z',
  facts: {},
});
const publish = (...ids: readonly string[]): void => {
  for (const id of ids) standIn.events.publish(event(id));
};

interface Followed {
  /** `<number> <id>`, as it was begun. */
  readonly handled: string[];
  readonly dead: string[];
  readonly told: number[];
  readonly trouble: unknown[];
  readonly follower: EventsFollower;
}

interface Choice {
  readonly from?: number;
  /** A throw is the handler's. */
  readonly onEvent?: (id: string) => void | Promise<void>;
  readonly onDead?: () => void;
}

function follow({ from = 0, onEvent, onDead }: Choice = {}): Followed {
  const noted = { handled: [], dead: [], told: [], trouble: [] } as Omit<Followed, 'follower'>;
  const follower = new EventsFollower(router, {
    followedTo: () => Promise.resolve(from),
    handle: async ({ id }, number) => {
      noted.handled.push(`${number} ${id}`);
      await onEvent?.(id);
    },
    onDead: async ({ place }, code) => {
      await Promise.resolve();
      onDead?.();
      noted.dead.push(`${place} ${code}`);
    },
    onFollowed: (number) => {
      noted.told.push(number);
      return Promise.resolve();
    },
    onTrouble: (error) => noted.trouble.push(error),
  });
  followers.push(follower);
  follower.start();
  return { ...noted, follower };
}

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `e${from + index}`);
const numbered = (from: number, to: number): string[] =>
  names(from, to).map((id, index) => `${from + index} ${id}`);

describe('EventsFollower', () => {
  it('hands out one event after another, in the order of their numbers, and says how far it came', async () => {
    publish(...names(1, 600));
    let underWay = 0;
    const followed = follow({
      onEvent: async () => {
        underWay += 1;
        expect(underWay).toBe(1);
        await Promise.resolve();
        underWay -= 1;
      },
    });
    await until('all came', () => followed.told.at(-1) === 600);
    publish(...names(601, 603));
    await until('what came later, too', () => followed.told.at(-1) === 603);
    expect(followed.handled).toEqual(numbered(1, 603));
    expect(followed.trouble).toEqual([]);
    // No answer holds more than 256.
    expect(followed.told.slice(0, 3)).toEqual([256, 512, 600]);
  });

  it('begins behind the place that who follows has kept', async () => {
    publish(...names(1, 5));
    const followed = follow({ from: 3 });
    await until('the rest came', () => followed.told.at(-1) === 5);
    expect(followed.handled).toEqual(numbered(4, 5));
  });

  it('tries again, in its place, what passes: nothing overtakes it', async () => {
    publish('a', 'b', 'c');
    let failures = 0;
    const followed = follow({
      onEvent: (id) => {
        if (id === 'b' && failures++ === 0) throw new MeshError('store-unavailable', 'away');
      },
    });
    await until('all came', () => followed.told.at(-1) === 3);
    expect(followed.handled).toEqual(['1 a', '2 b', '2 b', '3 c']);
    expect(followed.dead).toEqual([]);
  });

  it('goes on behind one that cannot be worked, which becomes a dead letter of its own', async () => {
    publish('a');
    standIn.events.publish({ ...event('b'), surname: 'Secret' });
    standIn.events.publish('no event');
    publish('d');
    const followed = follow({
      onEvent: (id) => {
        if (id === 'a') throw new MeshError('no-handler', 'nobody');
      },
    });
    await until('all came', () => followed.told.at(-1) === 4);
    expect(followed.handled).toEqual(['1 a', '4 d']);
    expect(followed.dead).toEqual(['1 no-handler', '2 malformed-message', '3 malformed-message']);
  });

  it('goes on only when its dead letter is kept', async () => {
    publish('a', 'b');
    let refusals = 0;
    const followed = follow({
      onEvent: (id) => {
        if (id === 'a') throw new MeshError('no-handler', 'nobody');
      },
      onDead: () => {
        if (refusals++ === 0) throw new MeshError('store-unavailable', 'away');
      },
    });
    await until('all came', () => followed.told.at(-1) === 2);
    expect(followed.handled).toEqual(['1 a', '1 a', '2 b']);
    expect(followed.dead).toEqual(['1 no-handler']);
  });

  it('waits for the event in hand when it stops, begins no other, and is told again what it did not finish', async () => {
    publish('a', 'b');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const followed = follow({ onEvent: () => held });
    await until('one is in hand', () => followed.handled.length === 1);
    const stopped = followed.follower.stop();
    expect(followed.follower.isHealthy()).toBe(false);
    release();
    await stopped;
    expect(followed.handled).toEqual(['1 a']);
    const other = follow({ from: 1 });
    await until('the other came', () => other.handled.length === 1);
    expect(other.handled).toEqual(['2 b']);
  });

  it('does not wait for an answer when it stops, nor for a failing event', async () => {
    const waiting = follow();
    await until('it asks', () => standIn.asked.length > 0);
    publish('a');
    const failing = follow({
      onEvent: () => {
        throw new MeshError('store-unavailable', 'away');
      },
    });
    await until('it fails', () => failing.trouble.length > 0);
    await Promise.all([waiting.follower.stop(), failing.follower.stop()]);
    await waiting.follower.stop();
    waiting.follower.start();
    expect(waiting.follower.isHealthy()).toBe(false);
  });

  it('asks nothing when it is stopped while its place is looked up', async () => {
    let found = (_place: number): void => undefined;
    const place = new Promise<number>((resolve) => (found = resolve));
    const follower = new EventsFollower(router, {
      followedTo: () => place,
      handle: () => Promise.resolve(),
      onDead: () => Promise.resolve(),
      onTrouble: () => undefined,
    });
    follower.start();
    const stopped = follower.stop();
    found(0);
    await stopped;
    await router.flush();
    await guard.flush();
    expect(standIn.asked).toEqual([]);
  });

  it('is unhealthy when no guard has answered for some time, and goes on by itself when one does', async () => {
    publish('a');
    const followed = follow();
    await until('one came', () => followed.told.at(-1) === 1);
    expect(followed.follower.isHealthy()).toBe(true);
    await standIn.stop();
    await until('unhealthy', () => !followed.follower.isHealthy(), 60_000);
    standIn = await standInGuard(guard, standIn);
    publish('b');
    await until('it goes on', () => followed.told.at(-1) === 2);
    expect(followed.handled).toEqual(['1 a', '2 b']);
    expect(followed.follower.isHealthy()).toBe(true);
  });
});
