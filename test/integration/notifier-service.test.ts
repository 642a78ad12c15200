import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as openpgp from 'openpgp';
import { Client } from 'pg';
import { readMails, type ReceivedMail } from '#deploy/local/mail-folder.js';
import { MailSink } from '#deploy/local/mail-sink.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { MailboxPut, Notice } from '#libs/contracts/service-forms.js';
import { GuardSide } from '#test/support/guard-side.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { OpenpgpHome } from '#test/support/openpgp-home.js';
import { makeReaderKey } from '#test/support/sealing-desk.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';
import { ServiceProcess } from '#test/support/service-process.js';
import { type PostgresServer, startPostgres } from '#test/support/start-postgres.js';
import { until } from '#test/support/until.js';

const newId = (): string => uuidV7(Date.now(), randomBytes(10));
const address = 'adviser@agency.example.org';

describe('the notifier, as a process beside real servers', () => {
  let nats: NatsForTest;
  let postgres: PostgresServer;
  let reader: OpenpgpHome;
  let readerKey: string;
  let folder: ScratchFolder;
  let sink: MailSink;
  let guard: GuardSide;
  let service: ServiceProcess;
  const others: ServiceProcess[] = [];
  let env: Record<string, string>;
  let database: Client;
  let signedBy: string;
  /** Mails that came before this test. */
  let before = 0;
  /** A person of this test's own. */
  let person: string;
  let people = 0;

  beforeAll(async () => {
    [nats, postgres, reader, folder] = await Promise.all([
      NatsForTest.start([]),
      startPostgres(),
      OpenpgpHome.make(),
      scratchFolder(),
    ]);
    readerKey = await reader.exportKey(await reader.makeKey(address));
    sink = new MailSink({ dir: join(folder.path, 'mail') });
    await sink.start();
    const url = await postgres.createDatabase('notifier');
    env = {
      MESH_ENV: 'local',
      NATS_URL: nats.broker.url,
      NATS_SEED_FILE: nats.seedFile('svc_notifier'),
      DATABASE_URL: url,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(sink.port),
      SMTP_TLS: 'none',
      MAIL_FROM: 'notices@post.example.org',
      SIGNING_KEY_FILE: join(folder.path, 'signing.asc'),
    };
    guard = await GuardSide.of(nats, 'svc_notifier');
    service = await ServiceProcess.start('notifier', env);
    const own = await openpgp.readPrivateKey({
      armoredKey: await readFile(join(folder.path, 'signing.asc'), 'utf8'),
    });
    signedBy = own.getFingerprint().toUpperCase();
    await reader.importKey(own.toPublic().armor());
    database = await connectDatabase();
  });
  afterAll(async () => {
    await database.end();
    await service.end();
    await guard.stop();
    await Promise.all([nats.stop(), postgres.stop(), reader.stop(), sink.stop()]);
    await folder.remove();
  });

  beforeEach(async () => {
    person = `p_${(people += 1)}`;
    before = (await readMails(join(folder.path, 'mail'))).length;
  });
  afterEach(async () => {
    sink.failWith(undefined);
    await Promise.all(others.splice(0).map((other) => other.end()));
    if (service.isEnded) service = await ServiceProcess.start('notifier', env);
  });

  const connectDatabase = async (): Promise<Client> => {
    const client = new Client({ connectionString: env['DATABASE_URL'] });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const mails = (): Promise<readonly ReceivedMail[]> =>
    readMails(join(folder.path, 'mail'), before);
  const putMailbox = async (put: Partial<MailboxPut> = {}): Promise<string> => {
    const id = newId();
    const data = { person, name: 'Jo Reader', address, publicKey: readerKey, ...put };
    if ('publicKey' in put && put.publicKey === undefined)
      Reflect.deleteProperty(data, 'publicKey');
    guard.deliver({ id, type: typeOf('people.mailbox-put'), data });
    await until(
      'the mailbox is in',
      async () =>
        (await database.query('select 1 from seen_message where id = $1', [id])).rowCount === 1,
    );
    return id;
  };
  const noticeOf = (change: Partial<Notice> = {}): Notice => ({
    kind: 'did-not-attend',
    cause: newId(),
    person,
    caseReference: 'WND/2026/0042',
    facts: { on: '2026-03-12' },
    audience: 'jobcentre',
    step: 'discuss-did-not-attend',
    dueOn: '2026-03-26',
    ...change,
  });
  const sendNotice = async (change: Partial<Notice> = {}): Promise<string> => {
    const id = newId();
    guard.deliver({ id, type: typeOf('notice.requested'), data: noticeOf(change) });
    return id;
  };
  const armorIn = (mail: ReceivedMail | undefined): string =>
    /-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----/
      .exec(mail?.raw.toString('latin1') ?? '')?.[0]
      .replaceAll('\r\n', '\n') ?? '';

  it('turns a notice into a mail that gpg opens, signed by the mesh, and reports it accepted', async () => {
    await putMailbox();
    const notice = await sendNotice();
    const mail = await sink.waitForMail(() => true, { after: before });
    const opened = await reader.decrypt(armorIn(mail));
    expect(opened.signedBy).toBe(signedBy);
    expect(opened.clear).toContain('Subject: Appointment not attended: WND/2026/0042');
    expect(opened.clear).toContain('By: Thursday 26 March 2026');
    expect(mail).toMatchObject({
      to: [address],
      from: expect.stringMatching(/^bounces\+[0-9a-f]{32}@post\.example\.org$/),
      helo: 'post.example.org',
      ret: 'HDRS',
      notify: [['FAILURE', 'DELAY']],
    });
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted', person });
    expect(await guard.ask('mail-status', { notices: [notice] })).toMatchObject({
      ok: true,
      mails: [{ notice, person, kind: 'did-not-attend', state: 'accepted' }],
    });
    expect(await guard.ask('counts', {})).toMatchObject({
      ok: true,
      counts: { accepted: expect.any(Number) },
    });
  });

  it('sends one mail and one report for a notice that comes twice', async () => {
    await putMailbox();
    const id = newId();
    const message = { id, type: typeOf('notice.requested'), data: noticeOf() };
    guard.deliver(message);
    await guard.sent(typeOf('mail.reported'), { notice: id });
    guard.deliver(message);
    const next = await sendNotice();
    await guard.sent(typeOf('mail.reported'), { notice: next });
    expect((await mails()).length).toBe(2);
    expect(guard.outgoing.filter(({ data }) => data['notice'] === id).length).toBe(1);
  });

  it('holds the mail of a person it knows nothing of, tells so, and sends it when a key comes', async () => {
    const notice = await sendNotice();
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'held', reason: 'no-mailbox' });
    await putMailbox({ publicKey: undefined });
    const second = await sendNotice();
    await guard.sent(typeOf('mail.reported'), {
      notice: second,
      outcome: 'held',
      reason: 'no-key',
    });
    expect(await mails()).toEqual([]);
    await putMailbox();
    for (const id of [notice, second])
      await guard.sent(typeOf('mail.reported'), { notice: id, outcome: 'accepted' });
    expect((await reader.decrypt(armorIn((await mails())[0]))).clear).toContain('WND/2026/0042');
  });

  const stopNotices = (...notices: readonly string[]): void =>
    guard.deliver({ id: newId(), type: typeOf('notice.stop'), data: { notices } });

  it('never sends what the client withdrew before the relay took it: waiting, held, or not yet come', async () => {
    const held = await sendNotice();
    await guard.sent(typeOf('mail.reported'), { notice: held, outcome: 'held' });
    await putMailbox({ person: `${person}_b` });
    sink.failWith({ kind: 'refuse-recipient', code: 451 });
    const waiting = await sendNotice({ person: `${person}_b` });
    const isTried = `select 1 from mail where notice = $1 and state = 'prepared' and attempts > 0`;
    await until(
      'the relay has put it off',
      async () => (await database.query(isTried, [waiting])).rowCount === 1,
    );
    const coming = newId();
    stopNotices(held, waiting, coming);
    for (const notice of [held, waiting])
      await guard.sent(typeOf('mail.reported'), { notice, outcome: 'stopped' });
    sink.failWith(undefined);
    guard.deliver({
      id: coming,
      type: typeOf('notice.requested'),
      data: noticeOf({ person: `${person}_b` }),
    });
    await guard.sent(typeOf('mail.reported'), { notice: coming, outcome: 'stopped' });
    await putMailbox();
    await database.query('update mail set due_at = now() where due_at is not null');
    await guard.sent(typeOf('mail.reported'), { notice: await sendNotice(), outcome: 'accepted' });
    expect((await mails()).length).toBe(1);
    const { rows } = await database.query(
      'select state, sealed, held_notice, recipient from mail where notice = any($1)',
      [[held, waiting]],
    );
    const nothing = { state: 'stopped', sealed: null, held_notice: null, recipient: null };
    expect(rows).toEqual([nothing, nothing]);
  });

  it('says nothing of a stop for a mail that is with the reader', async () => {
    await putMailbox();
    const notice = await sendNotice();
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted' });
    stopNotices(notice);
    const next = await sendNotice();
    await guard.sent(typeOf('mail.reported'), { notice: next, outcome: 'accepted' });
    expect(await guard.ask('mail-status', { notices: [notice] })).toMatchObject({
      mails: [{ state: 'accepted' }],
    });
  });

  it('refuses a key that cannot be used: the operator hears of it, the mail is held with the reason', async () => {
    const expired = await makeReaderKey(address, {
      date: new Date('2020-01-01'),
      keyExpirationTime: 86_400,
    });
    const put = await putMailbox({ publicKey: expired.publicKey });
    await guard.sent(typeOf('deadletter.reported'), {
      message: put,
      code: 'key-unusable',
      stream: 'delivery',
    });
    const notice = await sendNotice();
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'held', reason: 'key-expired' });
    expect(await mails()).toEqual([]);
  });

  it('holds at the first attempt what cannot be sealed, and tells so, for a mailbox from before one rule held for addresses', async () => {
    const long = `${'a'.repeat(65)}@agency.example.org`;
    const { publicKey } = await makeReaderKey(address, {
      userIDs: [{ email: address }, { email: long }],
    });
    await putMailbox({ publicKey });
    await database.query('update person set address = $1 where person = $2', [long, person]);
    const notice = await sendNotice();
    await guard.sent(typeOf('mail.reported'), {
      notice,
      outcome: 'held',
      reason: 'cannot-be-sealed',
    });
    expect(service.log.find(({ event }) => event === 'mail-not-sealed')).toMatchObject({
      why: 'header-not-allowed',
    });
    await putMailbox({ publicKey });
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted' });
  });

  it('refuses a mailbox whose address no mail could be sealed for, as the operator is told', async () => {
    const id = newId();
    const data = { person, name: 'Jo Reader', address: `${'a'.repeat(65)}@agency.example.org` };
    guard.deliver({ id, type: typeOf('people.mailbox-put'), data });
    await guard.sent(typeOf('deadletter.reported'), { message: id, code: 'malformed-message' });
  });

  it('does not let an older mailbox that comes late replace a newer one', async () => {
    await putMailbox();
    const id = newId();
    const old = {
      specversion: '1.0',
      id,
      type: typeOf('people.mailbox-put'),
      time: '2020-01-01T00:00:00Z',
      data: { person, name: 'Jo', address: 'old@agency.example.org' },
    };
    guard.deliverRaw(old, id);
    await until(
      'the old one is in',
      async () =>
        (await database.query('select 1 from seen_message where id = $1', [id])).rowCount === 1,
    );
    await sendNotice();
    expect((await sink.waitForMail(() => true, { after: before })).to).toEqual([address]);
  });

  it('keeps no clear text: neither in its database nor in its log, whether held, sent or refused', async () => {
    await putMailbox();
    await guard.sent(typeOf('mail.reported'), { notice: await sendNotice(), outcome: 'accepted' });
    await guard.sent(typeOf('mail.reported'), {
      notice: await sendNotice({ person: 'p_unknown' }),
      outcome: 'held',
    });
    const rows = await database.query(
      'select mail::text from mail union all select outbox::text from outbox union all select seen_message::text from seen_message',
    );
    const kept = rows.rows.map((row: { mail: string }) => row.mail).join('\n');
    const hex = Buffer.from('WND/2026/0042').toString('hex');
    expect(kept).toContain('held');
    expect(`${kept}${service.text}`).not.toMatch(new RegExp(`WND|attend the|${hex}|2026-03-12`));
    expect(service.text).not.toContain(address);
    expect(service.text).not.toMatch(/did-not-attend|p_unknown|\bp_\d+\b/);
    expect(
      (
        await database.query(
          `select count(*)::int as n from mail where state = 'accepted' and (sealed is not null or recipient is not null)`,
        )
      ).rows,
    ).toEqual([{ n: 0 }]);
  });

  it('waits while the relay is away, and sends when it is back', async () => {
    await putMailbox();
    await sink.stop();
    const notice = await sendNotice();
    await until('a first attempt failed', () =>
      service.log.find((line) => line['event'] === 'mail' && line['state'] === 'prepared'),
    );
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    await sink.start();
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted' });
    expect((await mails()).length).toBe(1);
  });

  it('tells of a mail that the relay refuses for good', async () => {
    await putMailbox();
    sink.failWith({ kind: 'refuse-recipient', code: 550 });
    const notice = await sendNotice();
    await guard.sent(typeOf('mail.reported'), {
      notice,
      outcome: 'failed',
      reason: 'refused-by-relay',
    });
    expect(
      await guard.ask('mail-status', { notices: [notice, randomUUID(), 'no id'] }),
    ).toMatchObject({
      mails: [{ notice, state: 'failed' }],
    });
  });

  it('sends the same bytes again, and only those, when the answer was lost', async () => {
    await putMailbox();
    sink.failWith({ kind: 'lose-answer' });
    const notice = await sendNotice();
    await until('the outcome is unknown', () =>
      service.log.find((line) => line['state'] === 'unknown'),
    );
    expect(await guard.ask('mail-status', { notices: [notice] })).toMatchObject({
      mails: [{ state: 'unknown' }],
    });
    sink.failWith(undefined);
    await database.query('update mail set due_at = now()');
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted' });
    const [first, second, ...rest] = await mails();
    expect(rest).toEqual([]);
    expect(second?.raw.equals(first?.raw ?? Buffer.alloc(0))).toBe(true);
    expect(second?.envid).toBe(first?.envid);
  });

  it('killed while the relay holds the body, it comes back, knows that the outcome is unknown, and sends the same bytes', async () => {
    await putMailbox();
    sink.failWith({ kind: 'lose-answer' });
    const notice = await sendNotice();
    // The relay's copy is on disk before the sender can learn anything: killed here, the ledger has only the open attempt.
    await sink.waitForMail(() => true, { after: before });
    await service.end('SIGKILL');
    sink.failWith(undefined);
    // Where the kill came too late, the outcome was written down before it; either way one copy more, and the same.
    service = await ServiceProcess.start('notifier', env);
    await until('the lost attempt is known', () =>
      database
        .query(`select 1 from mail where state = 'unknown'`)
        .then(({ rowCount }) => rowCount === 1),
    );
    await database.query('update mail set due_at = now()');
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted' });
    const [first, second, ...rest] = await mails();
    expect(rest).toEqual([]);
    expect(second?.raw.equals(first?.raw ?? Buffer.alloc(0))).toBe(true);
  });

  it('sends each of two hundred mails while it is killed again and again and another shares the work', async () => {
    await putMailbox();
    await sink.stop();
    const notices = await Promise.all(Array.from({ length: 200 }, () => sendNotice()));
    const count = async (state: string): Promise<number | null> =>
      (await database.query(`select 1 from mail where person = $1 and state ${state}`, [person]))
        .rowCount;
    await until('all are in the ledger', async () => (await count(`is not null`)) === 200);
    await sink.start();
    others.push(await ServiceProcess.start('notifier', env));
    await database.query('update mail set due_at = now() where due_at is not null');
    for (let kills = 0; kills < 3; kills += 1) {
      await until('some went', async () => (await mails()).length > 15 * (kills + 1));
      await service.end('SIGKILL');
      service = await ServiceProcess.start('notifier', env);
    }
    const settled = async (): Promise<boolean> => {
      await database.query('update mail set due_at = now() where due_at is not null');
      return (await count(`= 'accepted'`)) === 200;
    };
    await until('all are accepted', settled, 30_000);
    // A copy more where a kill fell between the relay's yes and the ledger; never other bytes, never one less.
    const came = await mails();
    expect(new Set(came.map(({ raw }) => raw.toString('latin1'))).size).toBe(200);
    expect(came.length).toBeLessThanOrEqual(200 + 3 * 4);
    for (const notice of notices)
      await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted' });
  });

  it('goes on when the database, then the broker, was killed under it', async () => {
    await putMailbox();
    await postgres.kill();
    const notice = await sendNotice();
    await until('it was tried', () =>
      service.log.find(({ msg }) => msg === 'a delivery was not worked'),
    );
    await postgres.restart();
    database = await connectDatabase();
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'accepted' });
    await nats.kill();
    await nats.run();
    await guard.sent(typeOf('mail.reported'), { notice: await sendNotice(), outcome: 'accepted' });
    expect((await mails()).length).toBe(2);
    await until(
      'healthy again',
      async () => (await fetch(`${service.url}/health/ready`)).status === 200,
    );
  });

  it('sends nothing when somebody put clear text into its ledger, and tells that the mail failed', async () => {
    await putMailbox();
    await sink.stop();
    const notice = await sendNotice();
    await until(
      'it waits',
      async () =>
        (await database.query('select 1 from mail where notice = $1 and attempts > 0', [notice]))
          .rowCount === 1,
    );
    const clear = Buffer.from(`To: ${address}\r\nSubject: hello\r\n\r\nClear text\r\n`);
    await database.query(
      'update mail set sealed = $2, sealed_sha256 = sha256($2), due_at = now() where notice = $1',
      [notice, clear],
    );
    await sink.start();
    await guard.sent(typeOf('mail.reported'), { notice, outcome: 'failed' });
    expect(await mails()).toEqual([]);
  });

  it('puts what it cannot read among the dead letters and works what comes after', async () => {
    await putMailbox();
    const typeless = newId();
    guard.deliverRaw({ id: typeless, type: '' }, typeless);
    await guard.sent(typeOf('deadletter.reported'), { message: typeless, stream: 'delivery' });
    const unknown = newId();
    guard.deliver({ id: unknown, type: 'throughcare.something.else.v1', data: {} });
    await guard.sent(typeOf('deadletter.reported'), { message: unknown, code: 'no-handler' });
    const odd = newId();
    guard.deliver({ id: odd, type: typeOf('notice.requested'), data: { kind: 'gossip' } });
    await guard.sent(typeOf('deadletter.reported'), { message: odd, code: 'malformed-message' });
    await guard.sent(typeOf('mail.reported'), { notice: await sendNotice(), outcome: 'accepted' });
  });

  it('serves health and metrics, ends with 0 on SIGTERM, and starts again on what it left', async () => {
    await putMailbox();
    await guard.sent(typeOf('mail.reported'), { notice: await sendNotice(), outcome: 'accepted' });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    await until('ready', async () => (await fetch(`${service.url}/health/ready`)).status === 200);
    expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(
      /notifier_mails\{state="accepted"\} [1-9]/,
    );
    expect(await service.end()).toBe(0);
    service = await ServiceProcess.start('notifier', env);
    await guard.sent(typeOf('mail.reported'), { notice: await sendNotice(), outcome: 'accepted' });
  });

  it('does not start with settings that would tell, or send in clear', async () => {
    for (const change of [
      { MAIL_FROM: 'notices@drug-service.example.org' },
      { MESH_ENV: 'production' },
      { SMTP_HOST: 'relay.example.org' },
      { SMTP_PORT: 'x' },
    ]) {
      const wrong = ServiceProcess.launch('notifier', { ...env, ...change });
      await until('it gives up', () => wrong.isEnded);
      expect(await wrong.end()).toBe(1);
      expect(wrong.text).toMatch(/config-invalid/);
    }
  });
});
