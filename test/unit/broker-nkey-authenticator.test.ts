import { describe, expect, it } from '@jest/globals';
import { createUser, fromPublic } from '@nats-io/nkeys';
import { nkeyAuthenticator } from '#libs/nats/nkey-authenticator.js';

describe('the answer to the broker’s challenge', () => {
  it('verifies under the public key of the seed', () => {
    const pair = createUser();
    const auth = nkeyAuthenticator(new TextDecoder().decode(pair.getSeed()))('a-nonce') as {
      nkey: string;
      sig: string;
    };
    expect(auth.nkey).toBe(pair.getPublicKey());
    expect(
      fromPublic(auth.nkey).verify(
        new TextEncoder().encode('a-nonce'),
        Buffer.from(auth.sig, 'base64'),
      ),
    ).toBe(true);
  });

  it.each(['', 'no seed', 'SUAAAA'])('refuses %j', (seed) => {
    expect(() => nkeyAuthenticator(seed)).toThrow(/./);
  });
});
