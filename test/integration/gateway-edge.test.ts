import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addParty } from '#deploy/nats/add-party.js';
import { FakeGuard } from '#test/support/fake-guard.js';
import { GatewayForTest, someReferral } from '#test/support/gateway-for-test.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { allow } from '#test/support/pace.js';
import { until } from '#test/support/until.js';

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

const logged = (event: string): number =>
  gateway.log.filter((line) => line.includes(`"event":"${event}"`)).length;

describe('the edge', () => {
  it('tells live, ready and metrics without a token, and nothing of a client in them', async () => {
    await gateway.send('jcp_west', someReferral('jcp_west', 'trt_acme'));
    expect((await gateway.call('/health/live')).body).toEqual({ status: 'live' });
    expect((await gateway.call('/health/ready')).body).toEqual({ status: 'ready' });
    const metrics = await gateway.call('/metrics');
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(metrics.text).toMatch(
      /gateway_http_request_seconds_count\{route="\/v1\/messages",method="POST",status="202"\} [1-9]/,
    );
    expect(metrics.text).toMatch(/gateway_publish_seconds_count [1-9]/);
  });

  it('serves its documentation with everything the page loads, from here alone', async () => {
    const page = await gateway.call('/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('swagger-ui');
    expect(page.text).not.toMatch(/(src|href)="https?:/);
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      (match) => new URL(match[1] ?? '', `${gateway.url}/docs`).pathname,
    );
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets)
      expect({ path, status: (await gateway.call(path)).status }).toEqual({ path, status: 200 });
    const document = await gateway.call('/openapi.json');
    expect(document.body).toMatchObject({
      openapi: '3.1.0',
      paths: { '/v1/messages': { post: {} } },
    });
    expect(document.text).toContain('As jcp_wandsworth: ');
    expect((await gateway.call('/openapi.json')).text).not.toBe(document.text);
  });

  it('puts its security headers on every answer', async () => {
    for (const path of [
      '/health/live',
      '/v1/inbox',
      '/nowhere',
      '/docs',
      '/v1/messages/%E0%A4%A',
    ]) {
      const { headers } = await gateway.call(path);
      expect({ path, sniff: headers.get('x-content-type-options') }).toEqual({
        path,
        sniff: 'nosniff',
      });
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
  });

  it('logs route, status, party and time of a request, and no address', async () => {
    const message = someReferral('jcp_west', 'trt_acme');
    await gateway.as('jcp_west', `/v1/messages/${message.id}`);
    const line = await until('the line', () =>
      gateway.log.find((each) => each.includes('"route":"/v1/messages/:id"')),
    );
    expect(JSON.parse(line)).toMatchObject({
      event: 'request',
      method: 'GET',
      status: 404,
      party: 'jcp_west',
      code: 'not-found',
      ms: expect.any(Number),
    });
    expect(gateway.log.join('\n')).not.toContain(message.id);
  });

  it('cuts off who sends a body too slowly', async () => {
    const hurried = await GatewayForTest.start(nats, ['jcp_west'], {
      GATEWAY_REQUEST_SECONDS: '2',
    });
    const { hostname, port } = new URL(hurried.url);
    const socket = connect(Number(port), hostname);
    const closed = once(socket, 'close');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const head = [
      'POST /v1/messages HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${hurried.tokens.get('jcp_west')}`,
    ];
    socket.write(
      [...head, 'Content-Type: application/cloudevents+json', 'Content-Length: 100', '', '{'].join(
        '\r\n',
      ),
    );
    const began = performance.now();
    await closed;
    expect(performance.now() - began).toBeGreaterThan(1_500);
    expect(performance.now() - began).toBeLessThan(allow(10_000));
    const answer = Buffer.concat(chunks).toString('utf8');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('content-type: application/problem+json');
    await hurried.stop();
  });

  it('answers a request that ends while it stops with 503 and the advice to send again', async () => {
    const stopping = await GatewayForTest.start(nats, ['jcp_west']);
    const { hostname, port } = new URL(stopping.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write('GET /v1/inbox HTTP/1.1\r\nHost: x\r\n');
    // Answered after those bytes were taken: they came first.
    await stopping.call('/health/live');
    const stopped = stopping.stop();
    await until('it listens no more', () =>
      stopping.call('/health/live').then(
        () => false,
        () => true,
      ),
    );
    socket.write('\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks).toString('utf8');
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/^retry-after: 1\r$/m);
    expect(answer).toContain('"type":"urn:throughcare:problem:broker-unavailable"');
    expect(await stopped).toBe(0);
  });

  it('holds each party to its rate', async () => {
    const slow = await GatewayForTest.start(nats, ['jcp_west', 'trt_acme'], {
      GATEWAY_RATE_PER_SECOND: '0.1',
      GATEWAY_RATE_BURST: '2',
    });
    expect((await slow.as('jcp_west', '/v1/inbox')).status).toBe(200);
    expect((await slow.as('jcp_west', '/v1/inbox')).status).toBe(200);
    const third = await slow.as('jcp_west', '/v1/inbox');
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(5);
    expect(third.body).toMatchObject({ type: 'urn:throughcare:problem:too-many-requests' });
    expect((await slow.as('trt_acme', '/v1/inbox')).status).toBe(200);
    expect(await slow.stop()).toBe(0);
  });
});

describe('the list of parties', () => {
  it('that is wrong is refused and the old one stays', async () => {
    const refusals = logged('parties-refused');
    for (const text of [
      '[',
      '{}',
      '[{"party":"jcp_west"}]',
      '[{"party":"svc_ops","seedFile":"x","tokenHash":"y"}]',
    ]) {
      const before = logged('parties-refused');
      await gateway.writePartiesText(text);
      await until('it is refused', () => logged('parties-refused') > before);
    }
    expect(logged('parties-refused')).toBeGreaterThanOrEqual(refusals + 4);
    expect((await gateway.as('jcp_west', '/v1/inbox')).status).toBe(200);
    await gateway.writeParties(['jcp_west', 'trt_acme']);
  });

  it('brings in a new party without a restart, also one that the broker learns of later, and lets go of one that is gone', async () => {
    const party = await nats.newParty('trt_brook');
    await gateway.writeParties(['jcp_west', 'trt_acme', 'trt_brook']);
    await until(
      'the token is known',
      async () => (await gateway.as('trt_brook', '/v1/inbox')).status === 503,
    );
    expect((await gateway.call('/health/ready')).body).toEqual({
      status: 'not-ready',
      failing: ['broker:trt_brook'],
    });
    expect((await gateway.as('jcp_west', '/v1/inbox')).status).toBe(200);
    await addParty(nats.broker, nats.parties, party, nats.seedFile('trt_brook'));
    await until(
      'it is connected',
      async () => (await gateway.call('/health/ready')).status === 200,
    );
    expect((await gateway.as('trt_brook', '/v1/inbox')).status).toBe(200);
    await gateway.writeParties(['jcp_west', 'trt_acme']);
    await until(
      'its token is void',
      async () => (await gateway.as('trt_brook', '/v1/inbox')).status === 401,
    );
    const reads = logged('parties-read');
    gateway.signal('SIGHUP');
    await until('SIGHUP reads it again', () => logged('parties-read') > reads);
  });
});

describe('a start that cannot be', () => {
  it.each([
    ['a wrong setting', { GATEWAY_RATE_BURST: '0' }, 'GATEWAY_RATE_BURST'],
    ['a clock file in production', { MESH_ENV: 'production', CLOCK_FILE: '/x' }, 'CLOCK_FILE'],
    ['no list of parties', { GATEWAY_PARTIES_FILE: '/nowhere/parties.json' }, 'parties file'],
    ['a port that is taken', {}, 'EADDRINUSE'],
  ])('with %s ends with 1 and says which', async (what, env, named) => {
    const taken = what.includes('port') ? { HTTP_PORT: new URL(gateway.url).port } : {};
    await expect(GatewayForTest.start(nats, ['jcp_west'], { ...env, ...taken })).rejects.toThrow(
      new RegExp(`ended with 1: .*${named}`, 's'),
    );
  });
});

describe('without the broker', () => {
  it('answers 503 with the advice to send again, and goes on when the broker is back', async () => {
    await nats.kill();
    await until('it is noticed', async () => (await gateway.call('/health/ready')).status === 503);
    const message = someReferral('jcp_west', 'trt_acme');
    const answer = await gateway.send('jcp_west', message);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.body).toMatchObject({ type: 'urn:throughcare:problem:broker-unavailable' });
    expect((await gateway.as('jcp_west', '/v1/worklist')).status).toBe(503);
    expect((await gateway.as('jcp_west', '/v1/inbox')).status).toBe(503);
    expect((await gateway.call('/health/live')).status).toBe(200);
    await nats.run();
    await until(
      'it is ready again',
      async () => (await gateway.call('/health/ready')).status === 200,
    );
    expect((await gateway.send('jcp_west', message)).status).toBe(202);
    await until('the guard takes it', () => guard.taken.some((each) => each.id === message.id));
  });
});
