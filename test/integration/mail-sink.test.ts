import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { createTransport, type SentMessageInfo } from 'nodemailer';
import { freePort } from '#deploy/local/free-port.js';
import { readMails, waitForMail } from '#deploy/local/mail-folder.js';
import { startMailServer } from '#deploy/local/mail-server.js';
import { MailSink } from '#deploy/local/mail-sink.js';
import { scratchFolder, type ScratchFolder } from '#test/support/scratch-folder.js';

let scratch: ScratchFolder;
let sink: MailSink;

/** Dots at a line's start are doubled on the wire (RFC 5321, 4.5.2), bytes above 127 go as they are. */
const RAW = Buffer.from('Subject: [...]\r\n\r\n.one dot\r\n..two\r\n\u00e9\u20ac\r\n', 'utf8');

interface Failure {
  readonly responseCode?: number;
  readonly code?: string;
}

function send(port: number, to = 'ann@example.org', requireTLS = false): Promise<SentMessageInfo> {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    requireTLS,
    ignoreTLS: !requireTLS,
    tls: { rejectUnauthorized: false },
  });
  return transport.sendMail({
    envelope: { from: 'mesh@example.org', to: [to] },
    raw: RAW,
    dsn: {
      id: 'opaque1',
      return: 'headers',
      notify: ['failure', 'delay'],
      recipient: 'mesh@example.org',
    },
  });
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => ({}),
    (error: Failure) => error,
  );
}

beforeEach(async () => {
  scratch = await scratchFolder();
  sink = new MailSink({ dir: scratch.path });
  await sink.start();
});

afterEach(async () => {
  await sink.stop();
  await scratch.remove();
});

describe('the mail sink', () => {
  it('keeps each mail byte for byte, with the envelope and what was asked about its delivery', async () => {
    await send(sink.port);
    const [mail] = await readMails(scratch.path);
    expect(mail?.raw.equals(RAW)).toBe(true);
    expect(mail).toMatchObject({
      seq: 1,
      from: 'mesh@example.org',
      to: ['ann@example.org'],
      tls: false,
      envid: 'opaque1',
      ret: 'HDRS',
      notify: [['FAILURE', 'DELAY']],
    });
    expect((await stat(mail?.file ?? '')).mode & 0o777).toBe(0o600);
  });

  it('gives a mail that is awaited, whether it comes before or after the waiting began', async () => {
    await send(sink.port, 'ann@example.org');
    const toBen = sink.waitForMail(({ to }) => to.includes('ben@example.org'));
    await send(sink.port, 'ben@example.org');
    expect((await toBen).seq).toBe(2);
    expect((await sink.waitForMail(({ to }) => to.includes('ann@example.org'))).seq).toBe(1);
    await expect(sink.waitForMail(() => true, { after: 2, withinMs: 50 })).rejects.toThrow(
      'no such mail came within 50 ms',
    );
  });

  it('refuses recipients or messages with the code it is told, and keeps nothing of them', async () => {
    sink.failWith({ kind: 'refuse-recipient', code: 550 });
    expect(await failureOf(send(sink.port))).toMatchObject({ responseCode: 550 });
    sink.failWith({ kind: 'refuse-message', code: 451 });
    expect(await failureOf(send(sink.port))).toMatchObject({ responseCode: 451 });
    expect(await readdir(scratch.path)).toEqual([]);
    sink.failWith(undefined);
    await send(sink.port);
    expect(await readMails(scratch.path)).toHaveLength(1);
  });

  it('can lose its answer: the mail is kept, the sender cannot know', async () => {
    sink.failWith({ kind: 'lose-answer' });
    const failure = await failureOf(send(sink.port));
    expect(failure.code).toBe('ECONNECTION');
    expect(failure.responseCode).toBeUndefined();
    expect(await readMails(scratch.path)).toHaveLength(1);
  });

  it('can be down for a while, and counts on from where it was', async () => {
    await send(sink.port);
    const { port } = sink;
    await sink.stop();
    expect(await failureOf(send(port))).toMatchObject({ code: 'ESOCKET' });
    await sink.start();
    expect(sink.port).toBe(port);
    await send(port);
    expect((await readMails(scratch.path)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('speaks TLS when asked to', async () => {
    const safe = new MailSink({ dir: scratch.path, startTls: true });
    await safe.start();
    try {
      await send(safe.port, 'ann@example.org', true);
    } finally {
      await safe.stop();
    }
    expect((await readMails(scratch.path))[0]?.tls).toBe(true);
  });

  it('runs as a process of its own, and is back after kill -9 with the mails it has acknowledged', async () => {
    const server = await startMailServer({ dir: scratch.path, port: await freePort() });
    try {
      await send(server.port);
      await server.process.killAndRestart();
      await send(server.port, 'ben@example.org');
      const mail = await waitForMail(scratch.path, ({ to }) => to.includes('ben@example.org'));
      expect(mail.seq).toBe(2);
    } finally {
      await server.stop();
    }
    expect(server.process.pid).toBeUndefined();
  });
});
