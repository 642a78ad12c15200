import { afterEach, beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#deploy/local/free-port.js';
import { type RelayOptions, SmtpCourier } from '#services/notifier/adapters/smtp.courier.js';
import type { SealedMail } from '#services/notifier/domain/sealed-mail.js';
import type { SendOutcome } from '#services/notifier/domain/send-ledger.js';
import { allow } from '#test/support/pace.js';
import { type RelayScript, ScriptedRelay } from '#test/support/scripted-relay.js';
import { letterTo, makeReaderKey, SealingDesk } from '#test/support/sealing-desk.js';

const address = 'reader@agency.example.org';
/** How an answer that decides nothing is written down: its code and enhanced status, where it has them. */
const replyTo = (body: string): string =>
  /^\d{3}[ -]\d\.\d\.\d|^\d{3}(?=[ -])/.exec(body)?.[0].replace('-', ' ') ?? 'EMESSAGE';

describe('handing a sealed mail to the relay', () => {
  let desk: SealingDesk;
  let mail: SealedMail;
  let relay: ScriptedRelay | undefined;
  let bodiesStarted = 0;

  beforeAll(async () => {
    desk = await SealingDesk.open();
    mail = await desk.seal(letterTo(address), (await makeReaderKey(address)).publicKey);
  });
  afterEach(async () => {
    await relay?.stop();
    relay = undefined;
    bodiesStarted = 0;
  });
  afterAll(() => desk.close());

  const options = (change: Partial<RelayOptions> = {}): RelayOptions => ({
    host: '127.0.0.1',
    port: relay?.port ?? 1,
    tls: 'none',
    ehloName: 'post.example.org',
    envelopeSender: 'bounces@post.example.org',
    stepTimeoutMs: allow(2_000),
    ...change,
  });
  const carry = async (change: Partial<RelayOptions> = {}): Promise<SendOutcome> => {
    const courier = new SmtpCourier(options(change));
    try {
      return await courier.carry(mail, {
        envelopeId: '77aa',
        onBodyStarts: async () => void (bodiesStarted += 1),
      });
    } finally {
      await courier.stop();
    }
  };
  const playing = async (
    script: RelayScript,
    change: Partial<RelayOptions> = {},
  ): Promise<SendOutcome> => {
    relay = await ScriptedRelay.start([script]);
    return carry(change);
  };

  it('is accepted with the queue id of the relay, byte for byte', async () => {
    expect(await playing({ offers: ['DSN', 'SIZE 1000000'] })).toEqual({
      kind: 'accepted',
      queueId: 'ABC123',
    });
    expect(relay?.bodies).toEqual([new TextDecoder().decode(mail.bytes())]);
    expect(bodiesStarted).toBe(1);
  });

  it('asks for a bounce that names the envelope and quotes no body, where the relay can, and that comes to an address of the mail alone', async () => {
    await playing({ offers: ['DSN'] });
    expect(relay?.said).toContain('MAIL FROM:<bounces+77aa@post.example.org> RET=HDRS ENVID=77aa');
    expect(relay?.said).toContain(
      `RCPT TO:<${address}> NOTIFY=FAILURE,DELAY ORCPT=rfc822;${address}`,
    );
    expect(relay?.said[0]).toBe('EHLO post.example.org');
  });

  it.each<[string, RelayScript, SendOutcome, number]>([
    [
      'the sender is refused for now',
      { mail: '451 4.3.0 later' },
      { kind: 'retry-later', reply: '451 4.3.0' },
      0,
    ],
    [
      'the recipient is refused for now',
      { rcpt: '450 4.2.1 full' },
      { kind: 'retry-later', reply: '450 4.2.1' },
      0,
    ],
    [
      'the recipient is unknown',
      { rcpt: '550 5.1.1 no such user reader@agency' },
      { kind: 'refused', reply: '550 5.1.1' },
      0,
    ],
    [
      'DATA is refused for now',
      { data: '451 4.3.0 later' },
      { kind: 'retry-later', reply: '451 4.3.0' },
      0,
    ],
    [
      'the line is cut before the body',
      { data: 'cut' },
      { kind: 'retry-later', reply: 'ECONNECTION' },
      0,
    ],
    [
      'the body is refused for now',
      { body: '452 4.3.1 full' },
      { kind: 'retry-later', reply: '452 4.3.1' },
      1,
    ],
    [
      'the body is refused for good',
      { body: '554 5.7.1 no' },
      { kind: 'refused', reply: '554 5.7.1' },
      1,
    ],
    [
      'the relay shuts down instead of answering',
      { body: '421 4.3.2 bye' },
      { kind: 'retry-later', reply: '421 4.3.2' },
      1,
    ],
    [
      'the answer to the body is lost',
      { body: 'cut' },
      { kind: 'unknown', reply: 'ECONNECTION' },
      1,
    ],
    [
      'the answer to the body is cut in half',
      { body: 'cut-after:250 2.0' },
      { kind: 'unknown', reply: 'ECONNECTION' },
      1,
    ],
    [
      'an odd relay answers DATA with 250 and the end is lost',
      { data: '354 go', body: 'cut-after:2' },
      { kind: 'unknown', reply: 'ECONNECTION' },
      1,
    ],
    ...[
      '354 go ahead',
      '200 fine',
      '220 relay ready',
      '221 2.0.0 bye',
      '600 what',
      'queued as ABC123',
      '2500 queued as ABC123',
      '25 queued as ABC123',
      '250-2.0.0 one\r\n550 5.0.0 other',
      '5500 no',
      '550-5.0.0 one\r\n250 2.0.0 other',
    ].map((body): [string, RelayScript, SendOutcome, number] => [
      `the body is answered with ${JSON.stringify(body)}`,
      { body },
      { kind: 'unknown', reply: replyTo(body) },
      1,
    ]),
    [
      'the body is refused for good in several lines',
      { body: '554-5.7.1 no\r\n554 5.7.1 never' },
      { kind: 'refused', reply: '554 5.7.1' },
      1,
    ],
    [
      'the refusal of the body is cut in half',
      { body: 'cut-after:550 5.7.1 n' },
      { kind: 'unknown', reply: '550 5.7.1' },
      1,
    ],
    [
      'the relay says that it took the mail before it was given it',
      { data: '354 go ahead\r\n250 2.0.0 Ok: queued as EARLY' },
      { kind: 'retry-later', reply: 'out-of-turn' },
      0,
    ],
    [
      'the relay says that it took the mail instead of asking for it',
      { data: '250 2.0.0 Ok: queued as EARLY' },
      { kind: 'retry-later', reply: 'out-of-turn' },
      0,
    ],
    [
      'the relay takes no mail of this size',
      { offers: ['SIZE 1000'] },
      { kind: 'refused', reply: 'EMESSAGE' },
      0,
    ],
    [
      'the relay answers the envelope with rubbish',
      { mail: 'what' },
      { kind: 'retry-later', reply: 'EENVELOPE' },
      0,
    ],
  ])('%s', async (_what, script, outcome, bodies) => {
    expect(await playing(script)).toEqual(outcome);
    expect(bodiesStarted).toBe(bodies);
  });

  it.each([true, false])('means the same with pipelining %s', async (pipelining) => {
    const offers = pipelining ? ['PIPELINING'] : [];
    expect((await playing({ offers, rcpt: '550 5.1.1 no' })).kind).toBe('refused');
    await relay?.stop();
    expect((await playing({ offers, body: 'cut' })).kind).toBe('unknown');
  });

  it('is unknown when the relay falls silent after the body', async () => {
    expect(await playing({ body: '250-2.0.0 and then' }, { stepTimeoutMs: 300 })).toEqual({
      kind: 'unknown',
      reply: 'ETIMEDOUT',
    });
  });

  it('waits and tries later when nobody listens', async () => {
    expect(await carry({ port: await freePort() })).toMatchObject({ kind: 'retry-later' });
  });

  it('sends no word of the mail to a relay without STARTTLS where TLS is due', async () => {
    expect(await playing({}, { tls: 'starttls' })).toMatchObject({ kind: 'retry-later' });
    expect(relay?.said.filter((line) => /^(MAIL|RCPT|DATA)/.test(line))).toEqual([]);
  });

  it('does not send the body when the ledger cannot write down that it starts', async () => {
    relay = await ScriptedRelay.start([{}]);
    const courier = new SmtpCourier(options());
    const outcome = await courier.carry(mail, {
      envelopeId: '77aa',
      onBodyStarts: () => Promise.reject(new Error('no database')),
    });
    expect(outcome.kind).toBe('retry-later');
    expect(relay.bodies).toEqual([]);
    await courier.stop();
  });

  it('speaks TLS with a certificate it was told to trust, asks for REQUIRETLS where offered, and trusts no other', async () => {
    const file = (name: string): string => join(desk.directory, name);
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=relay',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      file('tls.key'),
      '-out',
      file('tls.crt'),
    ]);
    const [key, cert] = await Promise.all([
      readFile(file('tls.key'), 'utf8'),
      readFile(file('tls.crt'), 'utf8'),
    ]);
    relay = await ScriptedRelay.start([{ offers: ['REQUIRETLS'] }, { offers: [] }], { key, cert });
    expect((await carry({ tls: 'implicit', certificateAuthority: cert })).kind).toBe('accepted');
    expect(relay.said).toContain('MAIL FROM:<bounces+77aa@post.example.org> REQUIRETLS');
    expect((await carry({ tls: 'implicit', certificateAuthority: cert })).kind).toBe('accepted');
    expect((await carry({ tls: 'implicit' })).kind).toBe('retry-later');
    expect(relay.bodies.length).toBe(2);
  });
});
