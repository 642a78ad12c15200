import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeGuard } from '#test/support/fake-guard.js';
import { GatewayForTest, someReferral } from '#test/support/gateway-for-test.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { allow } from '#test/support/pace.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: FakeGuard;
let gateway: GatewayForTest;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_west', 'trt_acme', 'trt_brook', 'trt_cairn']);
  guard = await FakeGuard.start(nats);
  gateway = await GatewayForTest.start(nats, ['jcp_west', 'trt_acme', 'trt_brook', 'trt_cairn']);
});

afterAll(async () => {
  await gateway?.stop();
  await guard?.stop();
  await nats?.stop();
});

interface Inbox {
  messages: { id: string }[];
}

const take = async (party: string, query = ''): Promise<Inbox> =>
  (await gateway.as(party, `/v1/inbox${query}`)).body as unknown as Inbox;
const ack = (party: string, id: string) =>
  gateway.as(party, `/v1/inbox/${id}/ack`, { method: 'POST' });

describe('the inbox', () => {
  it('gives each delivery once, in order, keeps it from others while in hand, and forgets it with the ack', async () => {
    const sent = [1, 2, 3].map(() => someReferral('jcp_west', 'trt_acme'));
    for (const message of sent)
      expect((await gateway.send('jcp_west', message, { prefer: 'wait=10' })).status).toBe(200);
    const first = await take('trt_acme', '?max=2');
    expect(first.messages).toEqual(sent.slice(0, 2));
    expect((await take('trt_acme')).messages).toEqual(sent.slice(2));
    expect((await take('trt_acme')).messages).toEqual([]);
    for (const { id } of sent) expect((await ack('trt_acme', id)).status).toBe(204);
    for (const { id } of sent) expect((await ack('trt_acme', id)).status).toBe(204);
    expect((await take('trt_acme', '?wait=1')).messages).toEqual([]);
    expect((await take('jcp_west')).messages).toEqual([]);
  });

  it('waits for what is not there yet, and answers at once when it comes', async () => {
    const waiting = take('trt_brook', '?wait=20');
    const message = someReferral('jcp_west', 'trt_brook');
    const began = performance.now();
    await gateway.send('jcp_west', message);
    expect((await waiting).messages).toEqual([message]);
    expect(performance.now() - began).toBeLessThan(allow(15_000));
    expect((await ack('trt_brook', message.id)).status).toBe(204);
  });

  it('refuses an ack of what is not in hand here, and of what is in the hand of another', async () => {
    const message = someReferral('jcp_west', 'trt_brook');
    await gateway.send('jcp_west', message, { prefer: 'wait=10' });
    const unknown = await ack('trt_brook', message.id);
    expect(unknown.status).toBe(409);
    expect(unknown.body).toMatchObject({ type: 'urn:throughcare:problem:not-in-hand' });
    expect((await take('trt_brook')).messages).toHaveLength(1);
    expect((await ack('trt_acme', message.id)).status).toBe(409);
    expect((await ack('trt_brook', randomUUID())).status).toBe(409);
    expect((await ack('trt_brook', message.id)).status).toBe(204);
  });

  it('gives back at once what was taken for a caller who has gone', async () => {
    const leaving = new AbortController();
    const gone = fetch(`${gateway.url}/v1/inbox?wait=20`, {
      headers: { authorization: `Bearer ${gateway.tokens.get('trt_brook')}` },
      signal: leaving.signal,
    }).catch(() => 'gone');
    await until('the call waits', async () => (await gateway.call('/metrics')).status === 200);
    leaving.abort();
    expect(await gone).toBe('gone');
    const message = someReferral('jcp_west', 'trt_brook');
    await gateway.send('jcp_west', message, { prefer: 'wait=10' });
    // Far below the 60 s after which it would come by itself.
    const messages = await until('it is there for the next', async () => {
      const inbox = await take('trt_brook', '?wait=2');
      return inbox.messages.length > 0 ? inbox.messages : undefined;
    });
    expect(messages).toEqual([message]);
    expect((await ack('trt_brook', message.id)).status).toBe(204);
  });

  it('says what is wrong with a query', async () => {
    for (const [query, field] of [
      ['?wait=31', 'wait'],
      ['?wait=-1', 'wait'],
      ['?max=0', 'max'],
      ['?max=51', 'max'],
      ['?max=ten', 'max'],
      ['?max=1&max=2', 'max'],
    ]) {
      const answer = await gateway.as('trt_acme', `/v1/inbox${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        type: 'urn:throughcare:problem:malformed-request',
        errors: [{ field }],
      });
    }
  });

  it('never calls empty what nobody answers for', async () => {
    const message = someReferral('jcp_west', 'trt_cairn');
    expect((await gateway.send('jcp_west', message, { prefer: 'wait=10' })).status).toBe(200);
    guard.isSilent = true;
    const answer = await gateway.as('trt_cairn', '/v1/inbox');
    guard.isSilent = false;
    expect(answer.status).toBe(504);
    expect(answer.body).toMatchObject({ type: 'urn:throughcare:problem:answer-timeout' });
    expect((await take('trt_cairn')).messages).toEqual([message]);
    expect((await ack('trt_cairn', message.id)).status).toBe(204);
  });

  it('is the same at every gateway: taken at one, acknowledged at another', async () => {
    const other = await GatewayForTest.start(nats, [
      'jcp_west',
      'trt_acme',
      'trt_brook',
      'trt_cairn',
    ]);
    try {
      const message = someReferral('jcp_west', 'trt_cairn');
      await gateway.send('jcp_west', message, { prefer: 'wait=10' });
      expect((await take('trt_cairn')).messages).toEqual([message]);
      const elsewhere = await other.as('trt_cairn', '/v1/inbox');
      expect(elsewhere.body).toEqual({ messages: [] });
      const acked = await other.as('trt_cairn', `/v1/inbox/${message.id}/ack`, { method: 'POST' });
      expect(acked.status).toBe(204);
      expect(guard.inbox.open('trt_cairn')).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it('takes nothing on HEAD', async () => {
    const message = someReferral('jcp_west', 'trt_brook');
    await gateway.send('jcp_west', message, { prefer: 'wait=10' });
    expect((await gateway.as('trt_brook', '/v1/inbox', { method: 'HEAD' })).status).toBe(405);
    expect((await take('trt_brook')).messages).toEqual([message]);
    await ack('trt_brook', message.id);
  });

  it('stops in time while callers wait, and gives unacknowledged messages again to a new process', async () => {
    const message = someReferral('jcp_west', 'trt_cairn');
    await gateway.send('jcp_west', message, { prefer: 'wait=10' });
    const waiting = take('trt_acme', '?wait=30');
    await until(
      'the call is under way',
      async () => (await gateway.call('/health/live')).status === 200,
    );
    const began = performance.now();
    expect(await gateway.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(allow(15_000));
    expect((await waiting).messages).toEqual([]);
    await gateway.run();
    expect((await take('trt_cairn', '?wait=5')).messages).toEqual([message]);
    expect((await ack('trt_cairn', message.id)).status).toBe(204);
  });
});
