import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayForTest, someReferral } from '#test/support/gateway-for-test.js';
import { NatsForTest } from '#test/support/nats-for-test.js';

let nats: NatsForTest;
let gateway: GatewayForTest;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_west', 'trt_acme']);
  gateway = await GatewayForTest.start(nats, ['jcp_west', 'trt_acme']);
});
afterAll(async () => {
  await gateway?.stop();
  await nats?.stop();
});

describe('the gateway and a body that is not as it should be', () => {
  it('takes no other charset, and says which one', async () => {
    for (const charset of ['iso-8859-1', 'utf-16', '"CANARY"', 'utf-8;charset=latin1']) {
      const answer = await gateway.send('jcp_west', someReferral('jcp_west', 'trt_acme'), {
        'content-type': `application/cloudevents+json; charset=${charset}`,
      });
      expect([answer.status, answer.body['errors']]).toEqual([
        415,
        [{ field: 'Content-Type', detail: expect.stringContaining('send the body in UTF-8') }],
      ]);
      expect(answer.headers.get('accept-encoding')).toBeNull();
      expect(answer.text).not.toContain('CANARY');
    }
  });

  it('takes nothing compressed, and says that it takes it as it is', async () => {
    const compressed = (path: string, type: string, coding: string) =>
      gateway.as('jcp_west', path, {
        method: 'POST',
        headers: { 'content-type': type, 'content-encoding': coding },
        body: new Uint8Array(gzipSync(JSON.stringify(someReferral('jcp_west', 'trt_acme')))),
      });
    for (const answer of [
      await compressed('/v1/messages', 'application/cloudevents+json', 'gzip'),
      await compressed('/v1/messages', 'application/cloudevents+json', 'identity, CANARY'),
      await compressed('/v1/consents/try', 'application/json', 'br'),
      await compressed('/v1/messages/try', 'application/json', 'deflate'),
    ]) {
      expect([answer.status, answer.headers.get('accept-encoding'), answer.body]).toEqual([
        415,
        'identity',
        expect.objectContaining({
          type: 'urn:throughcare:problem:unsupported-media-type',
          errors: [
            { field: 'Content-Encoding', detail: expect.stringContaining('send it uncompressed') },
          ],
        }),
      ]);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.text).not.toContain('CANARY');
    }
    const plain = await gateway.send('jcp_west', {}, { 'content-encoding': 'identity' });
    expect(plain.status).toBe(422);
  });

  it('takes no question in which a field stands twice', async () => {
    const ask = (path: string, body: string) =>
      gateway.as('jcp_west', path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
    const trial = await ask('/v1/messages/try', '{"to":"CANARY","case":"x","to":"trt_acme"}');
    const consent = await ask('/v1/consents/try', '{"consent":{"form":"x","form":"CANARY"}}');
    for (const [answer, field] of [
      [trial, 'to'],
      [consent, 'consent.form'],
    ] as const) {
      expect([answer.status, answer.body['type'], answer.body['errors']]).toEqual([
        400,
        'urn:throughcare:problem:malformed-json',
        [{ field, detail: expect.stringContaining('remove the repeat') }],
      ]);
      expect(answer.text).not.toContain('CANARY');
    }
  });
});
