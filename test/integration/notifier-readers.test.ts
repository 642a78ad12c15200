import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import PostalMime from 'postal-mime';
import { OpenpgpHome, openWithRnp, openWithSequoia } from '#test/support/openpgp-home.js';
import { armorOf, letterTo, makeReaderKey, SealingDesk } from '#test/support/sealing-desk.js';

const readers = [
  { name: 'Curve25519 made by gpg', address: 'ecc@agency.example.org' },
  { name: 'RSA 3072 made by gpg', address: 'rsa@agency.example.org' },
  { name: 'a version 4 key that advertises SEIPD v2', address: 'seipd2@agency.example.org' },
] as const;

describe('a sealed mail, opened by other programs than the one that made it', () => {
  let desk: SealingDesk;
  let home: OpenpgpHome;
  const keys = new Map<string, { publicKey: string; privateKey: string }>();

  beforeAll(async () => {
    desk = await SealingDesk.open();
    home = await OpenpgpHome.make();
    const rsa = await home.makeKey(readers[1].address, 'rsa3072');
    await home.addSubkey(rsa, 'rsa3072');
    for (const [address, fingerprint] of [
      [readers[0].address, await home.makeKey(readers[0].address)],
      [readers[1].address, rsa],
    ] as const)
      keys.set(address, {
        publicKey: await home.exportKey(fingerprint),
        privateKey: await home.exportSecretKey(fingerprint),
      });
    const modern = await makeReaderKey(readers[2].address, { config: { aeadProtect: true } });
    keys.set(readers[2].address, modern);
    await home.importKey(modern.privateKey);
    await home.importKey(desk.publicKey);
  });
  afterAll(async () => {
    await home.stop();
    await desk.close();
  });

  const calendar = {
    kind: 'confirmed' as const,
    uid: 'a1@post.example.org',
    sequence: 0,
    start: new Date('2026-03-12T10:30:00Z'),
    end: new Date('2026-03-12T11:30:00Z'),
    stampedAt: new Date('2026-03-01T00:00:00Z'),
  };
  const sealFor = async (address: string): Promise<{ armored: string; privateKey: string }> => {
    const key = keys.get(address) ?? { publicKey: '', privateKey: '' };
    const mail = await desk.seal(
      letterTo(address, {
        subject: 'Review appointment agreed: WND/2026/0042',
        text: 'Case: WND/2026/0042\n\n=20 From here.\n.\n',
        calendar,
      }),
      key.publicKey,
    );
    return { armored: armorOf(mail), privateKey: key.privateKey };
  };

  describe.each(readers)('$name', ({ address }) => {
    it('gpg decrypts it and verifies the signature of the mesh', async () => {
      const { armored } = await sealFor(address);
      const opened = await home.decrypt(armored);
      expect(opened.signedBy).toBe(desk.signingKey.getFingerprint().toUpperCase());
      expect(opened.clear).toContain('Subject: Review appointment agreed: WND/2026/0042');
      expect(Buffer.byteLength(opened.clear)).toBe(8192);
    });

    it('RNP, as in Thunderbird, reads the same', async () => {
      const { armored, privateKey } = await sealFor(address);
      const opened = await openWithRnp(armored, privateKey, desk.publicKey);
      expect(opened.clear).toBe((await home.decrypt(armored)).clear);
      expect(opened.signedBy).toBe(desk.signingKey.getKeyID().toHex().toUpperCase());
    });

    it('Sequoia reads the same', async () => {
      const { armored, privateKey } = await sealFor(address);
      const opened = await openWithSequoia(armored, privateKey, desk.publicKey);
      expect(opened.clear).toBe((await home.decrypt(armored)).clear);
      expect(opened.signedBy).toBe(desk.signingKey.getFingerprint().toUpperCase());
    });
  });

  it('holds the protected headers, the text, the calendar entry and a key that can be imported', async () => {
    const { armored } = await sealFor(readers[0].address);
    const { clear } = await home.decrypt(armored);
    const root = /Content-Type: (multipart\/mixed;[^]*?)\r?\n\S/.exec(clear)?.[1];
    expect(root).toMatch(/protected-headers="?v1"?/);
    expect(root).toMatch(/hp="?cipher"?/);
    expect(clear).toMatch(/^hp-outer: Subject: \[\.\.\.\]\r?$/im);
    expect(clear).toMatch(/hp-legacy-display="?1"?/);
    const inner = await PostalMime.parse(clear);
    expect(inner.subject).toBe('Review appointment agreed: WND/2026/0042');
    expect(inner.text).toContain('=20 From here.\n.\n');
    const parts = new Map(
      inner.attachments.map((part) => [
        part.mimeType,
        new TextDecoder().decode(part.content as ArrayBuffer),
      ]),
    );
    expect(parts.get('text/calendar')).toContain('METHOD:PUBLISH');
    expect(parts.get('text/calendar')).toContain('DTSTART:20260312T103000Z');
    expect(parts.get('text/calendar')).not.toMatch(/ATTENDEE|ORGANIZER|LOCATION|DESCRIPTION|WND/);
    const stranger = await OpenpgpHome.make();
    try {
      await stranger.importKey(parts.get('application/pgp-keys') ?? '');
    } finally {
      await stranger.stop();
    }
  });

  it('weighs the same whatever it says, within a step of size', async () => {
    const { publicKey } = keys.get(readers[0].address) ?? { publicKey: '' };
    const sizes = new Set<number>();
    for (const text of ['No.\n', `${'A good deal more is said here. '.repeat(20)}\n`]) {
      const mail = await desk.seal(letterTo(readers[0].address, { text }), publicKey);
      sizes.add(mail.bytes().length);
    }
    expect(sizes.size).toBe(1);
  });

  it('tells nothing outside the ciphertext', async () => {
    const { publicKey } = keys.get(readers[0].address) ?? { publicKey: '' };
    const mail = await desk.seal(letterTo(readers[0].address, { calendar }), publicKey);
    const outside = new TextDecoder()
      .decode(mail.bytes())
      .replace(armorOf(mail).replaceAll('\n', '\r\n'), '');
    expect(outside).toContain('Subject: [...]\r\n');
    expect(outside).not.toMatch(
      /throughcare|treatment|drug|attend|appointment|review|nodemailer|openpgpjs|WND/i,
    );
  });
});
