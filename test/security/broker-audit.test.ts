import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import type { BrokerParty } from '#libs/contracts/party.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

let nats: NatsForTest;
let leeds: NatsConnection;
let leedsKey: string | undefined;

beforeAll(async () => {
  nats = await NatsForTest.start(['jcp_leeds']);
  leeds = await nats.connect('jcp_leeds');
  leedsKey = nats.parties.find(({ id }: BrokerParty) => id === 'jcp_leeds')?.publicKey;
});
afterAll(() => nats?.stop());

const logged = (words: string): Promise<string> =>
  until(`the broker logs ${words}`, async () =>
    (await readFile(nats.logFile, 'utf8')).split('\n').find((line) => line.includes(words)),
  );

describe('the broker, when a key is used for more than it may', () => {
  it('logs a publish to another’s subject with key and subject', async () => {
    leeds.publish('ingress.trt_acme.msg', 'x');
    expect(await logged('Publish Violation')).toContain(
      `Nkey "${leedsKey}", Subject "ingress.trt_acme.msg"`,
    );
  });

  it('logs a subscription to what others send with key and subject', async () => {
    leeds.subscribe('out.>', { callback: () => undefined });
    expect(await logged('Subscription Violation')).toContain(`Nkey "${leedsKey}", Subject "out.>"`);
  });

  it('logs a key that it does not know', async () => {
    await nats.newParty('jcp_nobody');
    await expect(nats.connect('jcp_nobody')).rejects.toMatchObject({ code: 'broker-unavailable' });
    await logged('authentication error');
  });

  it('is watched for in those words by the guides, and in no others', async () => {
    const words = ['Publish Violation', 'Subscription Violation', 'authentication error'];
    const operating = await readFile('deploy/README.md', 'utf8');
    for (const each of words) expect(operating).toContain(`\`${each}\``);
    // The words of the client's error.
    for (const guide of [operating, await readFile('README.md', 'utf8')])
      expect(guide).not.toMatch(/permissions? violation/i);
  });
});
