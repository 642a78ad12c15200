import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { freePort } from '#deploy/local/free-port.js';
import { AccessTokenAuthenticator } from '#services/gateway/adapters/access-token.authenticator.js';
import { IssuerKeys } from '#services/gateway/adapters/issuer-keys.js';
import type { Identification } from '#services/gateway/domain/authenticator.js';
import { TokenIssuer, audience } from '#test/support/token-issuer.js';
import { until } from '#test/support/until.js';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const silent = pino({ level: 'silent' });

let issuer: TokenIssuer;
let keys: IssuerKeys;
let nowMs: number;
let authenticator: AccessTokenAuthenticator;

beforeAll(async () => {
  issuer = await TokenIssuer.start({ port: await freePort(), clients: ['west_system'] });
});
afterAll(() => issuer?.stop());

const keysOf = (jwksUrl?: string, allowsHttp = true): IssuerKeys =>
  new IssuerKeys({ issuer: issuer.url, jwksUrl, allowsHttp }, silent, () => nowMs);

const authenticatorOf = (from: IssuerKeys): AccessTokenAuthenticator =>
  new AccessTokenAuthenticator({
    audience,
    issuers: new Map([[issuer.url, from]]),
    parties: () => [
      {
        party: 'jcp_west',
        seedFile: '',
        clients: [{ issuer: issuer.url, client: 'west_system' }],
      },
    ],
    logger: silent,
  });

beforeEach(() => {
  nowMs = 0;
  keys = keysOf();
  authenticator = authenticatorOf(keys);
});
afterEach(() => keys.stop());

const outcomeOf = async (token: string, by = authenticator): Promise<Identification['outcome']> =>
  (await by.authenticate({ authorization: `Bearer ${token}`, clientCertificate: undefined }))
    .outcome;

describe('the keys of an issuer', () => {
  it('are read again for a key that is not known, half a minute after the last reading', async () => {
    expect(await outcomeOf(await issuer.forge())).toBe('party');
    await issuer.rotate();
    const token = await issuer.tokenOf('west_system');
    nowMs += 29 * secondMs;
    expect(await outcomeOf(token)).toBe('refused');
    nowMs += secondMs;
    expect(await outcomeOf(token)).toBe('party');
  });

  it('leave a token undecided while one is not known and the provider is away, and are asked for again soon', async () => {
    const known = await issuer.forge();
    expect(await outcomeOf(known)).toBe('party');
    await issuer.rotate();
    const token = await issuer.forge();
    await issuer.stop();
    nowMs += minuteMs;
    expect(await outcomeOf(token)).toBe('undecided');
    expect(await outcomeOf(known)).toBe('party');
    await issuer.comeBack();
    expect(await outcomeOf(token)).toBe('undecided');
    nowMs += 5 * secondMs;
    expect(await outcomeOf(token)).toBe('party');
    expect(await outcomeOf(known)).toBe('refused');
  });

  it('stay good for hours while the provider is away, and go once it is back without them', async () => {
    const token = await issuer.forge();
    expect(await outcomeOf(token)).toBe('party');
    await issuer.rotate();
    await issuer.stop();
    for (let hours = 0; hours < 3; hours += 1) {
      nowMs += 60 * minuteMs;
      expect(await outcomeOf(token)).toBe('party');
    }
    await issuer.comeBack();
    await until('the old key is gone', async () => {
      nowMs += 31 * secondMs;
      return (await outcomeOf(token)) === 'refused';
    });
  });

  it('are read from the address that is set, or from the one that the issuer’s own metadata name', async () => {
    const token = await issuer.forge();
    expect(await outcomeOf(token, authenticatorOf(keysOf(`${issuer.url}/jwks`)))).toBe('party');
    for (const [place, by] of [
      ['an address without keys', keysOf(`${issuer.url}/.well-known/openid-configuration`)],
      ['an address that leads nowhere', keysOf(`${issuer.url}/nothing`)],
      ['plain HTTP outside local', keysOf(`${issuer.url}/jwks`, false)],
    ] as const)
      expect([place, await outcomeOf(token, authenticatorOf(by))]).toEqual([place, 'undecided']);
    // The provider's name is another one: its metadata say so.
    const misnamed = `${issuer.url}/`;
    const other = new IssuerKeys(
      { issuer: misnamed, jwksUrl: undefined, allowsHttp: true },
      silent,
    );
    await expect(
      other.keyFor({ alg: 'ES256' }, { payload: '', signature: '' }),
    ).rejects.toMatchObject({ code: 'issuer-unavailable' });
  });

  it('are not waited for once the gateway stops', async () => {
    await keys.stop();
    expect(await outcomeOf(await issuer.forge())).toBe('undecided');
    await keys.stop();
  });
});
