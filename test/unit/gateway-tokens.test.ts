import { describe, expect, it } from '@jest/globals';
import { readConfig } from '#services/gateway/config.js';
import {
  Authenticator,
  type Identification,
  noValidToken,
} from '#services/gateway/domain/authenticator.js';
import { SeveralAuthenticators } from '#services/gateway/domain/several-authenticators.js';
import { bindingFault } from '#services/gateway/domain/token-binding.js';

describe('the binding of a token', () => {
  const bound = { 'x5t#S256': 'print' };
  it.each([
    ['no confirmation, no certificate', undefined, undefined, undefined],
    ['no confirmation, a certificate', undefined, 'print', undefined],
    ['its own certificate', bound, 'print', undefined],
    ['no certificate', bound, undefined, 'certificate-missing'],
    ['another certificate', bound, 'other', 'certificate-wrong'],
    ['a thumbprint that is no text', { 'x5t#S256': 1 }, 'print', 'certificate-wrong'],
    ['no thumbprint', { 'x5t#S256': undefined }, undefined, 'certificate-missing'],
    ['a key of DPoP', { jkt: 'print' }, 'print', 'not-checkable'],
    ['a key of DPoP beside its own certificate', { ...bound, jkt: 'x' }, 'print', 'not-checkable'],
    ['an empty confirmation', {}, 'print', 'not-checkable'],
    ['a null confirmation', null, 'print', 'not-checkable'],
    ['a text', 'print', 'print', 'not-checkable'],
    ['a list', ['print'], 'print', 'not-checkable'],
  ])('with %s', (_what, confirmation, thumbprint, fault) => {
    expect(bindingFault(confirmation, thumbprint)).toBe(fault);
  });
});

describe('several kinds of credential', () => {
  class Always extends Authenticator {
    constructor(private readonly answer: Identification) {
      super();
    }
    override async authenticate(): Promise<Identification> {
      return this.answer;
    }
  }
  const undecided: Identification = { outcome: 'undecided', detail: 'away' };
  const party: Identification = { outcome: 'party', party: 'jcp_west' };
  it.each([
    ['nobody where there is none', [], noValidToken],
    ['the first that is named', [party, undecided], party],
    ['the second, if the first names nobody', [noValidToken, party], party],
    ['the last answer, if none names anybody', [noValidToken, undecided], undecided],
  ])('name %s', async (_what, answers, expected) => {
    const several = new SeveralAuthenticators(answers.map((each) => new Always(each)));
    const credentials = { authorization: undefined, clientCertificate: undefined };
    expect(await several.authenticate(credentials)).toEqual(expected);
  });
});

describe('the settings for access tokens', () => {
  const usual = { NATS_URL: 'nats://x', GATEWAY_PARTIES_FILE: 'parties.json' };
  const production = { ...usual, MESH_ENV: 'production' };
  const issuer = 'https://login.example.org';
  const audience = { GATEWAY_AUDIENCE: 'https://mesh.example.org' };

  it('are none by default', () => {
    expect(readConfig(production)).toMatchObject({ GATEWAY_ISSUERS: [] });
    expect(readConfig(production).GATEWAY_AUDIENCE).toBeUndefined();
    expect(readConfig(production).GATEWAY_CLIENT_CERT_HEADER).toBeUndefined();
  });

  it('name several issuers, each with the address of its keys or without', () => {
    const config = readConfig({
      ...production,
      ...audience,
      GATEWAY_ISSUERS: ` ${issuer}/  https://other.example.org|https://other.example.org/keys?v=2\n`,
      GATEWAY_CLIENT_CERT_HEADER: 'Client-Cert',
    });
    expect(config.GATEWAY_ISSUERS).toEqual([
      { issuer: `${issuer}/`, jwksUrl: undefined },
      { issuer: 'https://other.example.org', jwksUrl: 'https://other.example.org/keys?v=2' },
    ]);
    expect(config.GATEWAY_CLIENT_CERT_HEADER).toBe('client-cert');
  });

  it.each([
    ['an audience without issuers', audience],
    ['issuers without an audience', { GATEWAY_ISSUERS: issuer }],
    ['an issuer twice', { ...audience, GATEWAY_ISSUERS: `${issuer} ${issuer}|${issuer}/keys` }],
    ['an issuer that is no address', { ...audience, GATEWAY_ISSUERS: 'login' }],
    ['an issuer with a query', { ...audience, GATEWAY_ISSUERS: `${issuer}?a=b` }],
    ['three parts', { ...audience, GATEWAY_ISSUERS: `${issuer}|${issuer}/a|${issuer}/b` }],
    ['a plain issuer', { ...audience, GATEWAY_ISSUERS: 'http://login.example.org' }],
    ['plain keys', { ...audience, GATEWAY_ISSUERS: `${issuer}|http://login.example.org/keys` }],
    ['a file for keys', { ...audience, GATEWAY_ISSUERS: `${issuer}|file:///keys` }],
    ['a header that is none', { GATEWAY_CLIENT_CERT_HEADER: 'Client Cert' }],
    ['the header of the token', { GATEWAY_CLIENT_CERT_HEADER: 'Authorization' }],
  ])('are refused with %s', (_what, env) => {
    expect(() => readConfig({ ...production, ...env })).toThrow(/GATEWAY_/);
  });

  it('allow plain HTTP on one’s own machine', () => {
    const env = { ...usual, ...audience, MESH_ENV: 'local', GATEWAY_ISSUERS: 'http://127.0.0.1:1' };
    expect(readConfig(env).GATEWAY_ISSUERS).toHaveLength(1);
  });
});
