import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as openpgp from 'openpgp';
import { SmtpCourier } from '#services/notifier/adapters/smtp.courier.js';
import { type SealFault, SealedMail } from '#services/notifier/domain/sealed-mail.js';
import { letterTo, makeReaderKey, SealingDesk } from '#test/support/sealing-desk.js';

const address = 'reader@agency.example.org';
const armorBlock = /-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----\r\n/;

describe('sealed mail', () => {
  let desk: SealingDesk;
  let text: string;
  let encryptionKeyId: string;
  let reader: { publicKey: string; privateKey: string };

  beforeAll(async () => {
    desk = await SealingDesk.open();
    reader = await makeReaderKey(address);
    const mail = await desk.seal(letterTo(address), reader.publicKey);
    text = new TextDecoder().decode(mail.bytes());
    const key = await openpgp.readKey({ armoredKey: reader.publicKey });
    encryptionKeyId = (await key.getEncryptionKey()).getKeyID().toHex();
  });
  afterAll(() => desk.close());

  const check = (changed: string): SealedMail | SealFault =>
    SealedMail.check(Buffer.from(changed, 'utf8'), { recipient: address, encryptionKeyId });

  it('is what the sealer makes', () => {
    expect(check(text)).toBeInstanceOf(SealedMail);
  });

  const sealedTo = async (options: Partial<openpgp.EncryptOptions>): Promise<string> => {
    const message = await openpgp.createMessage({ binary: new Uint8Array(512) });
    const binary = await openpgp.encrypt({ ...options, message, format: 'binary' });
    // With the checksum, which the library leaves out for the newer packets: they are refused for what they are.
    const armored = openpgp.armor(
      openpgp.enums.armor.message,
      binary,
      undefined,
      undefined,
      undefined,
      true,
    );
    return text.replace(armorBlock, armored.replace(/\r?\n/g, '\r\n'));
  };

  it.each<[string, (mail: string) => string, SealFault]>([
    ['a header more', (mail) => `X-Mailer: something\r\n${mail}`, 'header-not-allowed'],
    ['a header twice', (mail) => `From: notices@post.example.org\r\n${mail}`, 'header-not-allowed'],
    [
      'a folded header',
      (mail) => mail.replace('Subject: [...]', 'Subject: [...]\r\n more'),
      'header-not-allowed',
    ],
    ['a header less', (mail) => mail.replace(/Reply-To: .*\r\n/, ''), 'header-missing'],
    [
      'a subject',
      (mail) => mail.replace('Subject: [...]', 'Subject: Appointment'),
      'subject-tells',
    ],
    [
      'another To',
      (mail) => mail.replace(`To: ${address}`, 'To: other@agency.example.org'),
      'recipient-differs',
    ],
    [
      'a second To',
      (mail) => mail.replace(`To: ${address}`, `To: ${address}, other@agency.example.org`),
      'header-not-allowed',
    ],
    [
      'a display name',
      (mail) => mail.replace('From: notices@', 'From: Notices <notices@'),
      'header-not-allowed',
    ],
    [
      'words in the Message-ID',
      (mail) => mail.replace('Message-ID: <', 'Message-ID: <did-not-attend.'),
      'header-not-allowed',
    ],
    [
      'an eight-bit byte',
      (mail) => mail.replace('Subject: [...]', 'Subject: [\u2026]'),
      'not-ascii-lines',
    ],
    ['a bare line feed', (mail) => mail.replace('\r\n--', '\n--'), 'not-ascii-lines'],
    [
      'clear text before the parts',
      (mail) => mail.replace('\r\n\r\n--', '\r\n\r\nHello\r\n--'),
      'not-pgp-mime',
    ],
    ['clear text after the parts', (mail) => `${mail}Hello\r\n`, 'not-pgp-mime'],
    [
      'a plain text body',
      (mail) => mail.replace(/multipart\/encrypted.*"/, 'text/plain'),
      'header-not-allowed',
    ],
    [
      'another version part',
      (mail) => mail.replace('\r\nVersion: 1\r\n', '\r\nVersion: 2\r\n'),
      'not-pgp-mime',
    ],
    [
      'clear text inside the armor',
      (mail) => mail.replace('-----END PGP', 'Hello, world\r\n-----END PGP'),
      'armor-not-whole',
    ],
    [
      'an armor header',
      (mail) => mail.replace('MESSAGE-----\r\n', 'MESSAGE-----\r\nComment: hello\r\n'),
      'armor-not-whole',
    ],
    [
      'a signed-only block',
      (mail) => mail.replaceAll('PGP MESSAGE', 'PGP SIGNED MESSAGE'),
      'armor-not-whole',
    ],
    [
      'a cut armor',
      (mail) => mail.replace(/\r\n[^\r]+\r\n(=.{4}\r\n)/, '\r\n$1'),
      'armor-not-whole',
    ],
    [
      'an armor without its checksum, which GnuPG 2.2 cannot always read',
      (mail) => mail.replace(/\r\n=.{4}\r\n/, '\r\n'),
      'armor-not-whole',
    ],
    ['no armor at all', (mail) => mail.replace(armorBlock, 'Hello\r\n'), 'armor-not-whole'],
  ])('is refused with %s', (_what, change, fault) => {
    const changed = change(text);
    expect(changed).not.toBe(text);
    expect(check(changed)).toBe(fault);
  });

  it('is refused when it is sealed for another key', async () => {
    const other = await openpgp.readKey({ armoredKey: (await makeReaderKey(address)).publicKey });
    expect(check(await sealedTo({ encryptionKeys: other }))).toBe('key-not-pinned');
  });

  it('is refused when it is sealed for the pinned key and one more', async () => {
    const keys = [reader.publicKey, (await makeReaderKey(address)).publicKey].map((armoredKey) =>
      openpgp.readKey({ armoredKey }),
    );
    expect(check(await sealedTo({ encryptionKeys: await Promise.all(keys) }))).toBe(
      'packets-not-allowed',
    );
  });

  it('is refused when a password opens it too', async () => {
    const key = await openpgp.readKey({ armoredKey: reader.publicKey });
    expect(check(await sealedTo({ encryptionKeys: key, passwords: 'open' }))).toBe(
      'packets-not-allowed',
    );
  });

  it('is refused when the packets are only signed', async () => {
    const message = await openpgp.createMessage({ binary: new Uint8Array(512) });
    const signed = await openpgp.sign({ message, signingKeys: desk.signingKey, format: 'armored' });
    expect(check(text.replace(armorBlock, signed.replaceAll('\n', '\r\n')))).toBe(
      'packets-not-allowed',
    );
  });

  it('is refused with the newer packets that GnuPG 2.2 cannot read, which the library would write by itself', async () => {
    const modern = await makeReaderKey(address, { config: { aeadProtect: true } });
    const key = await openpgp.readKey({ armoredKey: modern.publicKey });
    expect(check(await sealedTo({ encryptionKeys: key, config: { aeadProtect: true } }))).toBe(
      'packets-not-allowed',
    );
  });

  it('cannot be faked at the courier by a look-alike', async () => {
    const courier = new SmtpCourier({
      host: '127.0.0.1',
      port: 1,
      tls: 'none',
      ehloName: 'x',
      envelopeSender: 'x@example.org',
    });
    const fake = {
      recipient: address,
      bytes: () => Buffer.from('Subject: clear\r\n\r\nHello\r\n'),
    } as unknown as SealedMail;
    await expect(
      courier.carry(fake, { envelopeId: 'x', onBodyStarts: async () => undefined }),
    ).rejects.toMatchObject({ code: 'internal' });
  });

  it('gives out copies, so that nobody can change what was checked', () => {
    const mail = check(text) as SealedMail;
    mail.bytes().fill(0);
    expect(new TextDecoder().decode(mail.bytes())).toBe(text);
  });
});
