import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeGuard } from '#test/support/fake-guard.js';
import { GatewayForTest, newId, someReferral } from '#test/support/gateway-for-test.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { rawRequest } from '#test/support/raw-request.js';
import { until } from '#test/support/until.js';
import { usualStart } from '#test/support/usual-start.js';

let nats: NatsForTest;
let guard: FakeGuard;
let gateway: GatewayForTest;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_west', 'trt_acme']);
  guard = await FakeGuard.start(nats);
  gateway = await GatewayForTest.start(nats, ['jcp_west', 'trt_acme']);
});

afterAll(async () => {
  await gateway?.stop();
  await guard?.stop();
  await nats?.stop();
});

/** After each case: the road takes the next message, nothing of the wrong one is on it, and nobody's data stands in the log. */
afterEach(async () => {
  const before = guard.taken.length;
  const next = someReferral('jcp_west', 'trt_acme');
  expect((await gateway.send('jcp_west', next, { prefer: 'wait=10' })).status).toBe(200);
  await until('the next message travels', () => guard.taken.length > before);
  expect(guard.taken.slice(before)).toEqual([next]);
  for (const personal of ['QQ123456C', 'Quillfeather', 'Tamsin', '1984-05-17', 'CANARY'])
    expect(gateway.log.join('\n')).not.toContain(personal);
  for (const token of gateway.tokens.values()) expect(gateway.log.join('\n')).not.toContain(token);
});

const good = (changes: Record<string, unknown> = {}): Record<string, unknown> & { id: string } =>
  someReferral('jcp_west', 'trt_acme', changes);
const withData = (changes: Record<string, unknown>): Record<string, unknown> => {
  const message = good();
  return { ...message, data: { ...(message['data'] as object), ...changes } };
};
const withClient = (changes: Record<string, unknown>): Record<string, unknown> =>
  withData({
    client: { nino: 'QQ123456C', surname: 'Quillfeather', dateOfBirth: '1984-05-17', ...changes },
  });
const without = (name: string): Record<string, unknown> => {
  const { [name]: _gone, ...rest } = good();
  return rest;
};
const day = 24 * 3_600_000;

type Row = readonly [
  what: string,
  message: () => unknown,
  status: number,
  code: string,
  field: string | undefined,
];

const rows: readonly Row[] = [
  ['JSON that is cut off', () => '{"id": "CANARY"', 400, 'malformed-json', undefined],
  ['an empty body', () => ' ', 400, 'malformed-json', undefined],
  [
    'a field of the envelope twice',
    () => JSON.stringify(good()).replace('{', '{"to":"CANARY",'),
    400,
    'malformed-json',
    'to',
  ],
  [
    'a field of the form twice, once with an escape',
    () => JSON.stringify(good()).replace('"nino"', '"\\u006eino":"CANARY","nino"'),
    400,
    'malformed-json',
    'data.client.nino',
  ],
  [
    'a field twice that no form knows',
    () => JSON.stringify(good()).replace('"nino"', '"CANARY":1,"CANARY":2,"nino"'),
    400,
    'malformed-json',
    'data.client',
  ],
  ['a list', () => '[]', 422, 'malformed-message', undefined],
  ['null', () => 'null', 422, 'malformed-message', undefined],
  [
    'JSON nested a hundred thousand deep',
    () => '['.repeat(100_000) + ']'.repeat(100_000),
    422,
    'malformed-message',
    undefined,
  ],
  [
    'an unknown type',
    () => good({ type: 'throughcare.referral.CANARY.v1' }),
    422,
    'unknown-type',
    'type',
  ],
  [
    'a version that is not carried',
    () => good({ type: 'throughcare.referral.requested.v2' }),
    422,
    'unknown-type',
    'type',
  ],
  [
    'a name of the prototype as type',
    () => good({ type: 'throughcare.constructor.x.v1' }),
    422,
    'unknown-type',
    'type',
  ],
  [
    'another CloudEvents version',
    () => good({ specversion: '0.3' }),
    422,
    'malformed-message',
    'specversion',
  ],
  ['a missing field of the envelope', () => without('to'), 422, 'malformed-message', 'to'],
  ['a missing actor', () => without('actor'), 422, 'malformed-message', 'actor'],
  ['a missing case', () => without('case'), 422, 'case-required', 'case'],
  ['a case that is no UUID', () => good({ case: 'CANARY' }), 422, 'malformed-message', 'case'],
  [
    'an extra field of the envelope',
    () => good({ consent: 'CANARY' }),
    422,
    'malformed-message',
    undefined,
  ],
  [
    'an extra field of the form',
    () => withData({ diagnosis: 'CANARY' }),
    422,
    'malformed-message',
    'data',
  ],
  [
    'an extra field named __proto__',
    () => JSON.stringify(good()).replace('"data":{', '"data":{"__proto__":{"x":1},'),
    422,
    'malformed-message',
    undefined,
  ],
  [
    'a missing field of the form',
    () => withData({ client: undefined }),
    422,
    'malformed-message',
    'data.client',
  ],
  [
    'a wrong NI number',
    () => withClient({ nino: 'CANARY123' }),
    422,
    'malformed-message',
    'data.client.nino',
  ],
  [
    'an NI number in lower case',
    () => withClient({ nino: 'qq123456c' }),
    422,
    'malformed-message',
    'data.client.nino',
  ],
  [
    'a date that is none',
    () => withClient({ dateOfBirth: '1984-02-30' }),
    422,
    'malformed-message',
    'data.client.dateOfBirth',
  ],
  [
    'a date of birth in the future',
    () => withClient({ dateOfBirth: '2101-05-17' }),
    422,
    'dates-out-of-order',
    'data.client.dateOfBirth',
  ],
  ['an id that is no UUID', () => good({ id: 'CANARY' }), 422, 'malformed-message', 'id'],
  [
    'an id of another version',
    () => good({ id: crypto.randomUUID() }),
    422,
    'malformed-message',
    'id',
  ],
  [
    'an id that is too old',
    () => good({ id: newId(usualStart.getTime() - 8 * day) }),
    422,
    'id-too-old',
    'id',
  ],
  [
    'an id from the future',
    () => good({ id: newId(usualStart.getTime() + day) }),
    422,
    'id-in-future',
    'id',
  ],
  [
    "someone else's source",
    () => good({ source: '/parties/trt_acme' }),
    403,
    'source-not-sender',
    'source',
  ],
  [
    'the source of the guard',
    () => good({ source: '/parties/guard' }),
    403,
    'source-not-sender',
    'source',
  ],
  [
    'a source with a wildcard',
    () => good({ source: '/parties/*' }),
    403,
    'source-not-sender',
    'source',
  ],
  [
    'a source that is no address',
    () => good({ source: 'CANARY' }),
    422,
    'malformed-message',
    'source',
  ],
  ['a type that only a service sends', () => serviceMessage(), 403, 'sender-not-allowed', 'type'],
  ['an unknown area', () => good({ to: 'area:atlantis/treatment' }), 422, 'area-unknown', 'to'],
  [
    'an unknown role in an area',
    () => good({ to: 'area:leeds/surgery' }),
    422,
    'area-unknown',
    'to',
  ],
  ['a reserved name as recipient', () => good({ to: 'hub' }), 422, 'recipient-unknown', 'to'],
  ['a wildcard as recipient', () => good({ to: '*' }), 422, 'recipient-unknown', 'to'],
  [
    'a subject wildcard as recipient',
    () => good({ to: 'trt_acme.>' }),
    422,
    'recipient-unknown',
    'to',
  ],
  [
    'a subject of another stream as recipient',
    () => good({ to: 'egress.trt_acme.msg' }),
    422,
    'recipient-unknown',
    'to',
  ],
  [
    'a line break as recipient',
    () => good({ to: 'trt_acme\r\nPUB x 0' }),
    422,
    'recipient-unknown',
    'to',
  ],
];

const malformed = 'urn:throughcare:problem:malformed-request';
const post = 'POST /v1/messages HTTP/1.1\r\nHost: x\r\n';

/** What HTTP itself refuses: no client library sends it. */
const unreadable: readonly (readonly [
  what: string,
  request: string,
  status: number,
  type: string,
])[] = [
  ['a first line that is none', 'CANARY\r\n\r\n', 400, malformed],
  ['a method that is none', 'CANARY / HTTP/1.1\r\nHost: x\r\n\r\n', 400, malformed],
  ['another protocol', '\u0016\u0003\u0001\u0002CANARY', 400, malformed],
  ['a version that is none', 'GET /CANARY HTTP/9.9\r\nHost: x\r\n\r\n', 400, malformed],
  ['a header that is none', `${post}CANARY: a\u0000b\r\n\r\n`, 400, malformed],
  ['a header without a name', `${post}: CANARY\r\n\r\n`, 400, malformed],
  ['a length that is none', `${post}Content-Length: CANARY\r\n\r\n`, 400, malformed],
  [
    'a length beside chunks',
    `${post}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nCANARY`,
    400,
    malformed,
  ],
  [
    'headers over 16 KiB',
    `${post}Authorization: Bearer ${'CANARY'.repeat(4_000)}\r\n\r\n`,
    431,
    'about:blank',
  ],
  [
    'an address over 16 KiB',
    `GET /v1/messages/${'CANARY'.repeat(4_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    431,
    'about:blank',
  ],
  [
    'an expectation that nobody meets',
    `${post}Expect: CANARY\r\nContent-Length: 2\r\n\r\n{}`,
    417,
    'about:blank',
  ],
  [
    'a request without a host',
    'GET /v1/inbox HTTP/1.1\r\nConnection: close\r\n\r\n',
    400,
    malformed,
  ],
];

function serviceMessage(): Record<string, unknown> {
  const { case: _case, ...rest } = good({
    type: 'throughcare.route.answered.v1',
    to: 'mesh',
    data: { message: newId() },
  });
  return rest;
}

describe('bad input at the edge', () => {
  it.each(rows)(
    'answers %s with a problem that names the field and quotes nothing',
    async (...row) => {
      const [, message, status, code, field] = row;
      const answer = await gateway.send('jcp_west', message());
      expect({ status: answer.status, type: answer.body['type'] }).toEqual({
        status,
        type: `urn:throughcare:problem:${code}`,
      });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({
        status,
        title: expect.any(String),
        detail: expect.any(String),
      });
      if (field !== undefined)
        expect((answer.body['errors'] as { field: string }[]).map((each) => each.field)).toContain(
          field,
        );
      for (const value of [
        'CANARY',
        'QQ123456C',
        'qq123456c',
        'Quillfeather',
        '1984',
        '2101',
        'diagnosis',
      ])
        expect(answer.text).not.toContain(value);
    },
  );

  it.each(unreadable)('answers %s with a problem, and cuts the connection', async (...row) => {
    const [, request, status, type] = row;
    const answer = await rawRequest(gateway.url, request);
    expect({ status: answer.status, type: answer.body['type'] }).toEqual({ status, type });
    expect(answer.body).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.any(String),
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.text).not.toContain('CANARY');
  });

  it('counts what it cannot read, by status', async () => {
    const count = async (): Promise<number> => {
      const { text } = await gateway.call('/metrics');
      return Number(/gateway_unreadable_requests_total\{status="431"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    const before = await count();
    await rawRequest(gateway.url, `${post}X: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await count()).toBe(before + 1);
    expect(gateway.log.join('\n')).toContain('"code":"HPE_HEADER_OVERFLOW"');
  });

  it('answers a chunk that is none where the body had begun', async () => {
    const token = gateway.tokens.get('jcp_west') ?? '';
    const head = `${post}Authorization: Bearer ${token}\r\nContent-Type: application/cloudevents+json\r\n`;
    const answer = await rawRequest(
      gateway.url,
      `${head}Transfer-Encoding: chunked\r\n\r\n3\r\n{"i\r\nCANARY\r\n`,
    );
    expect([answer.status, answer.body['type']]).toEqual([400, malformed]);
    expect(answer.text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });

  it('lists every field that is wrong, each with its remedy', async () => {
    const { status, body } = await gateway.send(
      'jcp_west',
      withClient({ nino: 'x', surname: '', dateOfBirth: 'x' }),
    );
    expect(status).toBe(422);
    expect(body['errors']).toEqual(
      expect.arrayContaining([
        { field: 'data.client.nino', detail: expect.stringContaining('must be an NI number') },
        { field: 'data.client.surname', detail: expect.any(String) },
        {
          field: 'data.client.dateOfBirth',
          detail: expect.stringContaining('must be a date as YYYY-MM-DD'),
        },
      ]),
    );
  });

  it('takes nothing over 256 KiB', async () => {
    const answer = await gateway.send('jcp_west', withData({ note: 'x'.repeat(256 * 1024) }));
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ type: 'urn:throughcare:problem:payload-too-large' });
  });

  it('takes one kind of content only', async () => {
    const body = JSON.stringify(good());
    for (const type of [
      'application/json',
      'text/plain',
      'application/cloudevents-batch+json',
      'application/x-www-form-urlencoded',
      'x',
    ]) {
      const answer = await gateway.as('jcp_west', '/v1/messages', {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      expect(answer.status).toBe(415);
      expect(answer.body).toMatchObject({ type: 'urn:throughcare:problem:unsupported-media-type' });
    }
    const none = await gateway.as('jcp_west', '/v1/messages', { method: 'POST' });
    expect(none.status).toBe(415);
  });

  it('takes UTF-8 only, and a charset beside the type', async () => {
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const broken = await gateway.as('jcp_west', '/v1/messages', {
      method: 'POST',
      headers,
      body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
    });
    expect(broken.status).toBe(400);
    expect(broken.body).toMatchObject({ type: 'urn:throughcare:problem:malformed-json' });
    const wrong = await gateway.as('jcp_west', '/v1/messages', {
      method: 'POST',
      headers,
      body: '{}',
    });
    expect(wrong.status).toBe(422);
  });

  it("refuses no token, a wrong one, and another party's for this party's message", async () => {
    const body = JSON.stringify(good());
    const headers = { 'content-type': 'application/cloudevents+json' };
    const right = gateway.tokens.get('jcp_west') ?? '';
    for (const token of [
      undefined,
      '',
      'CANARY',
      `${right}x`,
      right.slice(0, -1),
      right.toUpperCase(),
    ]) {
      const answer = await gateway.call('/v1/messages', { method: 'POST', token, headers, body });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(answer.body).toMatchObject({ type: 'urn:throughcare:problem:unauthenticated' });
    }
    for (const path of [
      '/v1/inbox',
      '/v1/worklist',
      `/v1/messages/${newId()}`,
      '/v1/cases/x',
      '/v1/cases/x/consents',
      '/%76%31/inbox',
    ])
      expect((await gateway.call(path)).status).toBe(401);
    expect(
      (await gateway.as('trt_acme', '/v1/messages', { method: 'POST', headers, body })).status,
    ).toBe(403);
  });

  it('answers unknown addresses with 404, wrong methods with 405, broken addresses with 400, each as a problem', async () => {
    const nowhere = await gateway.as('jcp_west', '/v1/CANARY?x=CANARY');
    expect([nowhere.status, nowhere.body['type']]).toEqual([
      404,
      'urn:throughcare:problem:not-found',
    ]);
    const wrong = await gateway.as('jcp_west', `/v1/messages/${newId()}`, { method: 'DELETE' });
    expect([wrong.status, wrong.body['type'], wrong.headers.get('allow')]).toEqual([
      405,
      'urn:throughcare:problem:method-not-allowed',
      'GET',
    ]);
    const put = await gateway.as('jcp_west', '/v1/messages', { method: 'PUT', body: '{}' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST']);
    const broken = await gateway.as('jcp_west', '/v1/messages/%E0%A4%A');
    expect([broken.status, broken.body['type']]).toEqual([
      400,
      'urn:throughcare:problem:malformed-request',
    ]);
    for (const answer of [nowhere, wrong, put, broken]) {
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.text).not.toContain('CANARY');
    }
  });
});
