import { execFile } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UnsecuredJWT, decodeJwt, exportJWK, exportSPKI, generateKeyPair, importJWK } from 'jose';
import { freePorts } from '#deploy/local/free-port.js';
import { FakeGuard } from '#test/support/fake-guard.js';
import { GatewayForTest, type HttpAnswer } from '#test/support/gateway-for-test.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { TokenIssuer, audience } from '#test/support/token-issuer.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let guard: FakeGuard;
let issuer: TokenIssuer;
let other: TokenIssuer;
let gateway: GatewayForTest;
/** Behind a proxy that hands certificates on. */
let proxied: GatewayForTest;
const certificates: string[] = [];
const parties = ['jcp_west', 'trt_acme'];

beforeAll(async () => {
  nats = await NatsForTest.start(parties);
  guard = await FakeGuard.start(nats);
  const [port = 0, otherPort = 0] = await freePorts(2);
  const clients = ['west_system', 'acme_system', 'stranger'];
  issuer = await TokenIssuer.start({ port, clients });
  other = await TokenIssuer.start({ port: otherPort, clients });
  const settings = {
    GATEWAY_ISSUERS: `${issuer.url} ${other.url}|${other.url}/jwks`,
    GATEWAY_AUDIENCE: audience,
  };
  gateway = await startGateway(settings);
  proxied = await startGateway({ ...settings, GATEWAY_CLIENT_CERT_HEADER: 'Client-Cert' });
  for (const name of ['right', 'wrong']) certificates.push(await newCertificate(name));
});

afterAll(async () => {
  for (const each of [gateway, proxied, guard, issuer, other, nats]) await each?.stop();
});

async function startGateway(settings: Record<string, string>): Promise<GatewayForTest> {
  const started = await GatewayForTest.start(nats, parties, settings);
  await listClients(started);
  return started;
}

async function listClients(to: GatewayForTest): Promise<void> {
  to.clients.set('jcp_west', [{ issuer: issuer.url, client: 'west_system' }]);
  to.clients.set('trt_acme', [
    { issuer: issuer.url, client: 'acme_system' },
    { issuer: other.url, client: 'west_system' },
  ]);
  await rewrite(to, parties);
}

/** Writes the list and waits until the gateway has read it. */
async function rewrite(to: GatewayForTest, list: readonly string[]): Promise<void> {
  const read = (): number => to.log.filter((line) => line.includes('"parties-read"')).length;
  const before = read();
  await to.writeParties(list);
  await until('the list is read', () => read() > before);
}

/** As PEM. */
async function newCertificate(name: string): Promise<string> {
  const file = (end: string): string => join(nats.folder, `${name}-${end}.pem`);
  const of = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-x509'];
  const out = ['-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('cert')];
  await promisify(execFile)('openssl', ['req', ...of, ...out]);
  return readFile(file('cert'), 'utf8');
}

const derOf = (pem: string | undefined): Buffer => new X509Certificate(pem ?? '').raw;
const asClientCert = (pem: string | undefined): string => `:${derOf(pem).toString('base64')}:`;
const boundTo = (pem: string | undefined) => ({
  cnf: { 'x5t#S256': createHash('sha256').update(derOf(pem)).digest('base64url') },
});

const ask = (token: string, headers: Record<string, string> = {}, at = gateway) =>
  at.call('/v1/inbox', { token, headers });

/** Who the gateway took the last request for. */
const takenFor = (at: GatewayForTest): Promise<string> =>
  until('the request is logged', () => {
    const line = at.log.findLast((each) => each.includes('"event":"request"'));
    return line === undefined ? undefined : (JSON.parse(line) as { party?: string }).party;
  });

/** The one answer to everything that is not a valid token. */
const isRefused = (answer: HttpAnswer): void => {
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  expect(answer.body).toEqual({
    type: 'urn:throughcare:problem:unauthenticated',
    title: expect.stringContaining('Send Authorization: Bearer'),
    status: 401,
    detail: 'the request brings no valid token',
  });
};

describe('an access token of the provider', () => {
  it('lets in the party that its client stands for, by client credentials and private_key_jwt', async () => {
    const token = await issuer.tokenOf('west_system');
    expect(decodeJwt(token)).toMatchObject({ aud: audience, client_id: 'west_system' });
    expect((await ask(token)).status).toBe(200);
    expect(await takenFor(gateway)).toBe('jcp_west');
    expect((await ask(await issuer.tokenOf('acme_system'))).status).toBe(200);
    await until('the other party', async () => (await takenFor(gateway)) === 'trt_acme');
  });

  it('is given by the sample’s provider for the gateway alone', async () => {
    await expect(
      issuer.tokenOf('west_system', 'https://elsewhere.example.org'),
    ).rejects.toMatchObject({ error: 'invalid_target' });
  });

  it('goes by issuer and client: a client of that name at another issuer is another party', async () => {
    expect((await ask(await other.tokenOf('west_system'))).status).toBe(200);
    await until('the party', async () => (await takenFor(gateway)) === 'trt_acme');
    isRefused(await ask(await other.tokenOf('acme_system')));
  });

  it('leaves the bearer tokens as they were', async () => {
    for (const party of parties) expect((await gateway.as(party, '/v1/inbox')).status).toBe(200);
    isRefused(await ask('A'.repeat(43)));
  });

  it('may be late by the skew of two clocks, and no more', async () => {
    const secondsAgo = (seconds: number) => ({ exp: Math.floor(Date.now() / 1_000) - seconds });
    expect((await ask(await issuer.forge(secondsAgo(30)))).status).toBe(200);
    isRefused(await ask(await issuer.forge(secondsAgo(61))));
  });

  it.each([
    ['for another audience', { aud: 'https://elsewhere.example.org' }, {}],
    ['for no audience', { aud: undefined }, {}],
    ['of an issuer that is not set', { iss: 'https://elsewhere.example.org' }, {}],
    ['that never ends', { exp: undefined }, {}],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1_000) + 3_600 }, {}],
    ['without a client', { client_id: undefined }, {}],
    ['with a list for a client', { client_id: ['west_system'] }, {}],
    ['of a client that nobody registered', { client_id: 'stranger' }, {}],
    ['that is an ID token', {}, { typ: 'JWT' }],
    ['without a type', {}, { typ: undefined }],
    ['with an extension that is not known', {}, { crit: ['unheard'], unheard: true }],
  ])('is refused: %s', async (_what, claims, header) => {
    isRefused(await ask(await issuer.forge(claims, header)));
  });

  it('is refused if its signature is another’s, whatever key it brings or names', async () => {
    const thief = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(thief.publicKey);
    for (const header of [
      {},
      { jwk },
      { jwk, kid: 'mine' },
      { jku: `${other.url}/jwks` },
      { x5u: `${other.url}/jwks`, x5c: [derOf(certificates[0]).toString('base64')] },
    ])
      isRefused(await ask(await issuer.forge({}, header, thief.privateKey)));
    isRefused(await ask(await issuer.forge({ iss: other.url })));
  });

  it('is refused without a signature, or with one by the public key as a secret', async () => {
    const claims = decodeJwt(await issuer.tokenOf('west_system'));
    isRefused(await ask(new UnsecuredJWT(claims).encode()));
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const [, body] = (await issuer.forge()).split('.');
    isRefused(await ask(`${none}.${body}.`));
    const { d: _private, ...publicJwk } = await exportJWK(issuer.key);
    const pem = await exportSPKI(
      (await importJWK({ ...publicJwk, alg: 'ES256' }, 'ES256', {
        extractable: true,
      })) as CryptoKey,
    );
    for (const secret of [pem, JSON.stringify(publicJwk)])
      isRefused(
        await ask(await issuer.forge({}, { alg: 'HS256' }, new TextEncoder().encode(secret))),
      );
  });

  it('is refused as soon as its party or its client is taken out of the list', async () => {
    const token = await issuer.tokenOf('acme_system');
    // A reading that an earlier write began may end after the wait for this one.
    const answers = (status: number) =>
      until(`the answer is ${status}`, async () => (await ask(token)).status === status);
    await answers(200);
    await rewrite(gateway, ['jcp_west']);
    await answers(401);
    gateway.clients.delete('trt_acme');
    await rewrite(gateway, parties);
    await answers(401);
    expect((await gateway.as('trt_acme', '/v1/inbox')).status).toBe(200);
    await listClients(gateway);
    await answers(200);
  });

  it('stands in no log, nor do its claims', async () => {
    const expired = await issuer.forge({ exp: 1, note: 'nobody-logs-this' });
    isRefused(await ask(expired));
    await until('the reason is logged', () =>
      gateway.log.some((line) => line.includes('"access-token-refused"') && line.includes('exp')),
    );
    const log = gateway.log.join('\n');
    for (const part of expired.split('.')) expect(log).not.toContain(part);
    expect(log).not.toContain('nobody-logs-this');
  });
});

describe('a list of parties', () => {
  it('that gives one client to two parties is refused', async () => {
    const refusals = (): number =>
      gateway.log.filter((line) => line.includes('"parties-refused"')).length;
    const before = refusals();
    const both = [{ issuer: issuer.url, client: 'west_system' }];
    for (const party of parties) gateway.clients.set(party, both);
    await gateway.writeParties(parties);
    await until('it is refused', () => refusals() > before);
    await listClients(gateway);
  });

  it('may know a party by its client alone', async () => {
    const [, line] = JSON.parse(await readFile(gateway.partiesFile, 'utf8')) as object[];
    const { tokenHash: _none, ...only } = line as { tokenHash: string };
    await gateway.writePartiesText(JSON.stringify([only]));
    await until(
      'its bearer token is gone',
      async () => (await gateway.as('trt_acme', '/v1/inbox')).status === 401,
    );
    expect((await ask(await issuer.tokenOf('acme_system'))).status).toBe(200);
    await listClients(gateway);
  });
});

describe('a token that is bound to a certificate', () => {
  it('comes in with that certificate, in either form that proxies hand on', async () => {
    const [right] = certificates;
    const token = await issuer.forge(boundTo(right));
    for (const header of [asClientCert(right), encodeURIComponent(right ?? '')])
      expect((await ask(token, { 'client-cert': header }, proxied)).status).toBe(200);
  });

  it('does not come in without it, with another, or with what is no certificate, and says why', async () => {
    const [right, wrong] = certificates;
    const token = await issuer.forge(boundTo(right));
    const refused = async (headers: Record<string, string>, why: string): Promise<void> => {
      const answer = await ask(token, headers, proxied);
      expect([answer.status, answer.body['detail']]).toEqual([401, expect.stringContaining(why)]);
    };
    await refused({}, 'none came');
    await refused({ 'client-cert': asClientCert(wrong) }, 'another client certificate');
    for (const header of [
      ':AAAA:',
      right?.split('\n')[1] ?? '',
      `${asClientCert(wrong)}, ${asClientCert(right)}`,
    ])
      await refused({ 'client-cert': header }, 'none came');
  });

  it('does not come in where no proxy is set up: the header is anybody’s there', async () => {
    const [right] = certificates;
    const token = await issuer.forge(boundTo(right));
    const answer = await ask(token, { 'client-cert': asClientCert(right) });
    expect(answer.status).toBe(401);
    expect(answer.body['detail']).toContain('none came');
  });

  it('does not come in if it is bound by DPoP, or in a way that nobody knows', async () => {
    const [right] = certificates;
    const headers = { 'client-cert': asClientCert(right) };
    for (const cnf of [
      { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' },
      { ...boundTo(right).cnf, jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' },
      {},
      'x',
      null,
    ]) {
      const answer = await ask(await issuer.forge({ cnf }), headers, proxied);
      expect([cnf, answer.status]).toEqual([cnf, 401]);
      expect(answer.body['detail']).toContain('DPoP');
    }
  });

  it('tells nothing of it to a client that is not registered', async () => {
    isRefused(
      await ask(await issuer.forge({ ...boundTo(certificates[0]), client_id: 'stranger' })),
    );
  });
});

describe('a provider that is away', () => {
  it('keeps out nobody whose key the gateway has, and is no way in for others', async () => {
    const token = await issuer.tokenOf('west_system');
    expect((await ask(token)).status).toBe(200);
    await issuer.stop();
    expect((await ask(token)).status).toBe(200);
    const thief = await generateKeyPair('ES256');
    isRefused(await ask(await issuer.forge({}, {}, thief.privateKey)));
    await issuer.comeBack();
  });

  it('is named to who comes while the gateway has no key of it, and nobody comes in', async () => {
    const token = await issuer.tokenOf('west_system');
    await issuer.stop();
    const fresh = await startGateway({
      GATEWAY_ISSUERS: issuer.url,
      GATEWAY_AUDIENCE: audience,
    });
    const answer = await ask(token, {}, fresh);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.body).toMatchObject({
      type: 'urn:throughcare:problem:issuer-unavailable',
      title: expect.stringContaining('send again'),
    });
    expect((await fresh.as('jcp_west', '/v1/inbox')).status).toBe(200);
    expect(fresh.log.join('\n')).not.toContain(token.split('.')[2]);
    await issuer.comeBack();
    await until('it is asked again', async () => (await ask(token, {}, fresh)).status === 200);
    expect(await fresh.stop()).toBe(0);
  });
});
