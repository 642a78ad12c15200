import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { correctionStopped } from '#libs/contracts/correction-stopped.js';
import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { canonicalText, messageDigest } from '#libs/digest/message-digest.js';
import { bodyProblem } from '#services/gateway/domain/body-problem.js';
import { IdsUnderWay } from '#services/gateway/domain/ids-under-way.js';
import { allowedMethods } from '#services/gateway/domain/known-routes.js';
import { type Answer, PartyRoad } from '#services/gateway/domain/party-road.js';
import { preferredWaitSeconds } from '#services/gateway/domain/prefer-header.js';
import { problemDocument } from '#services/gateway/domain/problem-document.js';
import { SendMessage } from '#services/gateway/domain/send-message.js';
import { refusalProblem, tellTimeline } from '#services/gateway/domain/tell-timeline.js';
import { TokenBuckets } from '#services/gateway/domain/token-bucket.js';
import { someReferral } from '#test/support/gateway-for-test.js';
import { usualStart } from '#test/support/usual-start.js';

describe('the headers of a body', () => {
  it.each([
    {},
    { 'content-type': 'application/json' },
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'application/json;Charset="UTF-8"; x=y' },
    { 'content-encoding': 'Identity' },
    { 'content-encoding': 'identity, , identity' },
    { 'content-encoding': '' },
  ])('may be %j', (headers) => {
    expect(bodyProblem(headers)).toBeUndefined();
  });

  it.each([
    ['Content-Encoding', { 'content-encoding': 'gzip' }],
    ['Content-Encoding', { 'content-encoding': 'identity, BR' }],
    ['Content-Encoding', { 'content-encoding': ['identity', 'x-CANARY'] }],
    ['Content-Type', { 'content-type': 'application/json; charset=iso-8859-1' }],
    ['Content-Type', { 'content-type': 'application/json; charset=utf-16le' }],
    ['Content-Type', { 'content-type': 'application/json;charset="CANARY"' }],
    ['Content-Type', { 'content-type': 'application/json; charset=utf-8; charset=latin1' }],
    ['Content-Type', { 'content-type': 'application/json; CHARSET=' }],
  ])('name %s where they are refused: %j', (field, headers) => {
    const problem = bodyProblem(headers);
    expect(problem).toMatchObject({ code: 'unsupported-media-type', field });
    expect(problem?.detail).toMatch(/; send /);
    expect(problem?.detail).not.toContain('CANARY');
  });
});

describe('the Prefer header', () => {
  it.each([
    ['wait=10', 10],
    ['Wait = 5', 5],
    ['respond-async, wait="7"; x=y', 7],
    ['wait=31', 30],
    ['wait=3, wait=9', 3],
    ['wait=0', 0],
    ['wait=-1', undefined],
    ['wait=ten', undefined],
    ['wait', undefined],
    ['await=3', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%p asks to wait %p seconds', (header, seconds) => {
    expect(preferredWaitSeconds(header)).toBe(seconds);
  });
});

describe('a problem document', () => {
  it('has the title and status of the table for every code', () => {
    for (const code of Object.keys(errorRules) as MeshErrorCode[])
      expect(problemDocument({ code, detail: 'what is wrong' })).toMatchObject({
        type: `urn:throughcare:problem:${code}`,
        title: errorRules[code].title,
        status: errorRules[code].http,
      });
  });

  it('keeps the particulars of our own faults to itself', () => {
    expect(problemDocument({ code: 'internal', detail: 'row 7 of table x' }).detail).toBe(
      errorRules.internal.title,
    );
  });

  it('lists several fields under the first one’s code', () => {
    const document = problemDocument(
      { code: 'malformed-message', field: 'to', detail: 'to: one' },
      { code: 'malformed-message', field: 'case', detail: 'case: two' },
    );
    expect(document.errors).toEqual([
      { field: 'to', detail: 'to: one' },
      { field: 'case', detail: 'case: two' },
    ]);
    expect(document.detail).toContain('2 things');
  });

  it('is a refusal’s also when the guard gives a reason that the table does not have', () => {
    const timeline = {
      id: 'x',
      type: 't',
      sender: 's',
      to: 'r',
      time: 'now',
      state: 'refused' as const,
    };
    const records = [{ verdict: 'refused' as const, reason: 'constructor', at: 'now' }];
    expect(refusalProblem({ ...timeline, records })).toMatchObject({
      status: 422,
      verdict: { id: 'x' },
    });
    expect(refusalProblem({ ...timeline, records: [] })).toMatchObject({ status: 422 });
    expect(refusalProblem({ ...timeline, state: 'waiting', records: [] })).toBeUndefined();
  });

  it('says of what has no consent nothing else, but that a wrong outcome is used no more', () => {
    const told = (detail: string) => {
      const at = '2026-11-02T09:00:00Z';
      const refused = { verdict: 'refused' as const, reason: 'no-consent-on-record', at };
      const records = [{ ...refused, field: 'data.x', detail }];
      const own = { id: 'x', type: '', sender: '', to: '', time: '', state: 'refused' as const };
      return tellTimeline({ ...own, records }).records[0];
    };
    expect(told('withdrawn')).not.toHaveProperty('detail');
    expect(told(correctionStopped)).toMatchObject({ detail: correctionStopped });
    expect(told(correctionStopped)).not.toHaveProperty('field');
  });
});

describe('the rate', () => {
  it('lets a burst through, then so many a second, each party for itself', () => {
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 });
    expect([1, 2, 3, 4].map(() => buckets.take('a', 0))).toEqual([0, 0, 0, 1]);
    expect(buckets.take('b', 0)).toBe(0);
    expect(buckets.take('a', 400)).toBe(1);
    expect(buckets.take('a', 500)).toBe(0);
    expect([1, 2, 3, 4].map(() => buckets.take('a', 60_000))).toEqual([0, 0, 0, 1]);
  });

  it('says after how many seconds to come again when the rate is low', () => {
    const buckets = new TokenBuckets({ perSecond: 0.1, burst: 1 });
    expect([buckets.take('a', 0), buckets.take('a', 0)]).toEqual([0, 10]);
  });
});

describe('ids under way', () => {
  it('are known for their time, told apart by digest, forgotten when not accepted, and bounded in number', async () => {
    const ids = new IdsUnderWay({ keepMs: 1_000, max: 2 });
    ids.add('a', 'one', Promise.resolve(true), 0);
    expect(ids.find('a', 'one', 999).kind).toBe('same');
    expect(ids.find('a', 'two', 999).kind).toBe('other');
    expect(ids.find('a', 'one', 1_000).kind).toBe('no');
    const failed = Promise.reject(new Error('not stored'));
    ids.add('b', 'one', failed, 0);
    await expect(failed).rejects.toThrow('not stored');
    expect(ids.find('b', 'one', 1).kind).toBe('no');
    for (const key of ['c', 'd', 'e']) ids.add(key, 'one', Promise.resolve(true), 0);
    expect(['c', 'd', 'e'].map((key) => ids.find(key, 'one', 1).kind)).toEqual([
      'no',
      'same',
      'same',
    ]);
  });
});

describe('known addresses', () => {
  const routes = {
    '/v1/inbox': { get: {} },
    '/v1/inbox/{id}/ack': { post: {} },
    '/x': { get: {}, put: {} },
  };
  it.each([
    ['/v1/inbox', ['GET']],
    ['/v1/inbox/7/ack', ['POST']],
    ['/v1/inbox//ack', []],
    ['/v1/inbox/7', []],
    ['/x', ['GET', 'PUT']],
    ['', []],
  ])('%p takes %p', (path, methods) => {
    expect(allowedMethods(routes, path)).toEqual(methods);
  });
});

class FakeRoad extends PartyRoad {
  readonly published: string[] = [];
  failure: MeshError | undefined;
  /** To the questions for a verdict, in turn; without one more nobody answers. */
  verdicts: (Readonly<Record<string, unknown>> | undefined)[] = [];

  override async publish(_party: string, _id: string, body: string): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.published.push(body);
  }

  override async ask(_party: string, verb: string): Promise<Answer> {
    const value = verb === 'verdict' ? this.verdicts.shift() : undefined;
    if (value !== undefined) return { ok: true, value };
    throw new MeshError('answer-timeout', 'no answer');
  }
}

describe('sending', () => {
  it('forgets an id whose message the road did not take, so that the same can be sent again', async () => {
    const road = new FakeRoad();
    const sendMessage = new SendMessage({
      road,
      digestOf: messageDigest,
      canonicalOf: canonicalText,
      monotonicMs: () => 0,
      pause: async () => undefined,
    });
    const request = {
      party: 'jcp_west',
      text: JSON.stringify(someReferral('jcp_west', 'trt_acme')),
      nowMs: usualStart.getTime(),
      waitMs: undefined,
    };
    road.failure = new MeshError('mailbox-full', 'no room');
    const both = await Promise.allSettled([sendMessage.send(request), sendMessage.send(request)]);
    expect(both.map((each) => each.status)).toEqual(['rejected', 'rejected']);
    road.failure = undefined;
    expect(await sendMessage.send(request)).toMatchObject({ kind: 'accepted' });
    expect(await sendMessage.send({ ...request, waitMs: 0 })).toMatchObject({ kind: 'accepted' });
    expect(road.published).toHaveLength(1);
  });

  it('asks for the verdict anew where a question was lost, and not beyond the time that the sender waits', async () => {
    const road = new FakeRoad();
    let nowMs = 0;
    const pause = async (ms: number): Promise<void> => void (nowMs += ms);
    const sendMessage = new SendMessage({
      road,
      digestOf: messageDigest,
      canonicalOf: canonicalText,
      monotonicMs: () => nowMs,
      pause,
    });
    const wanted = (waitMs: number) => ({
      party: 'jcp_west',
      text: JSON.stringify(someReferral('jcp_west', 'trt_acme')),
      nowMs: usualStart.getTime(),
      waitMs,
    });
    const timeline = {
      id: randomUUID(),
      type: 't',
      sender: 'jcp_west',
      to: 'trt_acme',
      time: '2026-03-02T09:00:00Z',
      records: [],
    };
    // The first question nobody answers; the second comes too early.
    road.verdicts = [
      undefined,
      { ...timeline, state: 'undecided' },
      { ...timeline, state: 'cleared' },
    ];
    expect(await sendMessage.send(wanted(10_000))).toMatchObject({
      kind: 'decided',
      timeline: { state: 'cleared' },
    });
    const before = nowMs;
    expect(await sendMessage.send(wanted(1_000))).toMatchObject({ kind: 'accepted' });
    expect(nowMs - before).toBeLessThanOrEqual(1_200);
  });
});
