import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BrokerGround, openBrokerGround } from '#test/support/broker-ground.js';
import { isBreach, isMissing } from '#test/support/broker-matrix.js';

/*
 * Every credential × every subject and every verb of the JetStream interface, tried against a live server: only what is declared
 * (test/support/declared-road.ts) passes, and each declared right is shown to work. `npm run matrix` prints the same.
 */

let ground: BrokerGround;
beforeAll(async () => {
  ground = await openBrokerGround();
});
afterAll(async () => {
  await ground?.stop();
});

const plain = (tried: readonly { user: string; cell: { way: string; subject: string } }[]) =>
  tried.map(({ user, cell }) => `${user} may ${cell.way} ${cell.subject}`);

describe('the matrix of the broker', () => {
  it('has nothing that is not declared, and leaves every stream as it was', async () => {
    const { tried, changed } = await ground.tryUndeclared();
    expect(tried.length).toBeGreaterThan(5_000);
    expect(plain(tried.filter(isBreach))).toEqual([]);
    expect(changed).toEqual([]);
    expect(ground.nats.isAlive).toBe(true);
  });

  it('lets nobody in without a key of its own', async () => {
    expect(await ground.tryStrangers()).toEqual([]);
  });

  it('has everything that is declared, and each right of it works', async () => {
    const tried = await ground.tryDeclared();
    expect(plain(tried.filter(isMissing))).toEqual([]);
    expect((await ground.controls()).filter(({ works }) => !works)).toEqual([]);
  });

  it('is the same after a party was added while the broker runs, for the newcomer and for everyone else', async () => {
    await ground.addAgency('trt_late');
    const { tried, changed } = await ground.tryUndeclared();
    expect(tried.some(({ user }) => user === 'trt_late')).toBe(true);
    expect(plain(tried.filter(isBreach))).toEqual([]);
    expect(changed).toEqual([]);
    expect((await ground.controls()).filter(({ works }) => !works)).toEqual([]);
  });
});
