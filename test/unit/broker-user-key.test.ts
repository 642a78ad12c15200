import { describe, expect, it } from '@jest/globals';
import { createAccount, createUser, fromPublic, fromSeed } from '@nats-io/nkeys';
import { UserKey } from '#libs/nats/user-key.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('a broker user’s key', () => {
  it('made anew is read by the client’s own package, and is the same key there', () => {
    const key = UserKey.make();
    expect(fromSeed(new TextEncoder().encode(key.seed)).getPublicKey()).toBe(key.publicKey);
    expect(UserKey.make().publicKey).not.toBe(key.publicKey);
  });

  it('answers the challenge so that it verifies under the public key of the seed', () => {
    const pair = createUser();
    const answer = UserKey.fromSeed(text(pair.getSeed())).authenticator('a-nonce') as {
      nkey: string;
      sig: string;
    };
    expect(answer.nkey).toBe(pair.getPublicKey());
    expect(
      fromPublic(answer.nkey).verify(
        new TextEncoder().encode('a-nonce'),
        Buffer.from(answer.sig, 'base64'),
      ),
    ).toBe(true);
  });

  it.each(['', 'no seed', 'SUAAAA'])('is not made of %j', (seed) => {
    expect(() => UserKey.fromSeed(seed)).toThrow(/./);
  });

  it('is not made of an account’s seed, nor of a user’s with one letter changed', () => {
    const seed = UserKey.make().seed;
    const slip = `${seed.slice(0, 20)}${seed[20] === 'A' ? 'B' : 'A'}${seed.slice(21)}`;
    expect(() => UserKey.fromSeed(text(createAccount().getSeed()))).toThrow('not of a user');
    expect(() => UserKey.fromSeed(slip)).toThrow(/./);
  });
});
