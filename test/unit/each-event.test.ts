import { describe, expect, it } from '@jest/globals';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { Delivery } from '#libs/nats/delivery.js';
import { eachEvent } from '#libs/nats/each-event.js';

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
const message = (body: unknown): Delivery => ({
  subject: 'events.decided',
  data: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  seq: 7,
  redelivered: false,
  deliveries: 1,
});

/** Hands out, and notes what was handed out and what became a dead letter. */
async function handOut(body: unknown, failing: Readonly<Record<string, MeshError>> = {}) {
  const handled: string[] = [];
  const dead: string[] = [];
  const error = await eachEvent(message(body), {
    handle: async ({ id }, isLast) => {
      const failure = failing[id];
      if (failure !== undefined) throw failure;
      handled.push(isLast ? `${id}, the last` : id);
    },
    onDead: async ({ data }, code) =>
      void dead.push(
        `${(JSON.parse(Buffer.from(data).toString('utf8')) as { id: string }).id}: ${code}`,
      ),
  }).then(
    () => undefined,
    ({ code }: MeshError) => code,
  );
  return { handled, dead, error };
}

describe('the events of one message', () => {
  it('are handed out in order, and the last is known as such', async () => {
    expect(await handOut([event('a'), event('b')])).toEqual({
      handled: ['a', 'b, the last'],
      dead: [],
      error: undefined,
    });
  });

  it('end where trouble passes, so that none overtakes', async () => {
    const failing = { b: new MeshError('store-unavailable', 'away') };
    expect(await handOut([event('a'), event('b'), event('c')], failing)).toEqual({
      handled: ['a'],
      dead: [],
      error: 'store-unavailable',
    });
  });

  it('go on behind one that cannot be worked, which becomes a dead letter of its own', async () => {
    const failing = { a: new MeshError('no-handler', 'nobody') };
    expect(
      await handOut([event('a'), { ...event('b'), surname: 'Secret' }, event('c')], failing),
    ).toEqual({
      handled: ['c, the last'],
      dead: ['a: no-handler', 'b: malformed-message'],
      error: undefined,
    });
  });

  it.each([
    ['no JSON', '{', 'malformed-json'],
    ['no list', event('a'), 'malformed-message'],
  ])('are none where the message is %s', async (_what, body, error) => {
    expect(await handOut(body)).toEqual({ handled: [], dead: [], error });
  });
});
