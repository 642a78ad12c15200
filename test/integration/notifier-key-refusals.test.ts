import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as openpgp from 'openpgp';
import { examineKey } from '#services/notifier/adapters/examine-key.js';
import { type KeyRefusal, keyRefusals } from '#services/notifier/domain/sealer.js';
import { OpenpgpHome } from '#test/support/openpgp-home.js';
import { armorOf, letterTo, makeReaderKey, SealingDesk } from '#test/support/sealing-desk.js';

const address = 'reader@agency.example.org';
const day = 24 * 60 * 60;
const inDays = (days: number): Date => new Date(Date.now() + days * day * 1000);

describe('a key that is offered for a mailbox', () => {
  let home: OpenpgpHome;
  beforeAll(async () => {
    home = await OpenpgpHome.make();
  });
  afterAll(() => home.stop());

  const verdict = async (
    armored: string,
    on = new Date(),
    to = address,
  ): Promise<KeyRefusal | 'fit'> => {
    const result = await examineKey(armored, to, on);
    return typeof result === 'string' ? result : 'fit';
  };
  const madeByGpg = async (algorithm: string, encryption?: string): Promise<string> => {
    const fingerprint = await home.makeKey(address, algorithm);
    if (encryption !== undefined) await home.addSubkey(fingerprint, encryption);
    return home.exportKey(fingerprint);
  };

  it('is fit with an older good encryption subkey beside a newer one that is not', async () => {
    for (const newer of ['brainpoolP256r1', 'secp256k1', 'rsa1024']) {
      const fingerprint = await home.makeKey(address, 'rsa2048');
      await home.addSubkey(fingerprint, 'rsa3072');
      const good = await openpgp.readKey({ armoredKey: await home.exportKey(fingerprint) });
      await home.addSubkey(fingerprint, newer);
      const examined = await examineKey(await home.exportKey(fingerprint), address, inDays(1));
      expect(examined).toMatchObject({
        encryptionKeyId: good.subkeys[0]?.getKeyID().toHex() ?? '',
      });
    }
  });

  it.each<[string, string, string | undefined, KeyRefusal | 'fit']>([
    ['Curve25519 as gpg makes it', 'future-default', undefined, 'fit'],
    ['RSA 2048', 'rsa2048', 'rsa2048', 'fit'],
    ['NIST P-256', 'nistp256', 'nistp256', 'fit'],
    ['RSA 1024', 'rsa1024', 'rsa1024', 'algorithm-too-weak'],
    ['a short encryption subkey', 'rsa2048', 'rsa1024', 'algorithm-too-weak'],
    ['DSA with ElGamal', 'dsa2048', 'elg2048', 'algorithm-too-weak'],
    ['secp256k1', 'secp256k1', 'secp256k1', 'curve-not-supported'],
    ['brainpool', 'brainpoolP256r1', 'brainpoolP256r1', 'curve-not-supported'],
    ['sign-only', 'rsa2048', undefined, 'sign-only'],
  ])('%s made by gpg', async (_name, algorithm, encryption, expected) => {
    expect(await verdict(await madeByGpg(algorithm, encryption))).toBe(expected);
  });

  it('is refused in version 6, and with the algorithms of RFC 9580 in version 4', async () => {
    expect(
      await verdict((await makeReaderKey(address, { config: { v6Keys: true } })).publicKey),
    ).toBe('version-not-4');
    expect(await verdict((await makeReaderKey(address, { type: 'curve25519' })).publicKey)).toBe(
      'algorithm-too-new',
    );
    expect(await verdict((await makeReaderKey(address, { type: 'curve448' })).publicKey)).toBe(
      'algorithm-too-new',
    );
  });

  it('is refused when it expired, and for a later day on which it will have', async () => {
    const { publicKey } = await makeReaderKey(address, { keyExpirationTime: 30 * day });
    expect(await verdict(publicKey, inDays(29))).toBe('fit');
    expect(await verdict(publicKey, inDays(31))).toBe('expired');
  });

  it("is refused when only its encryption subkey will have expired, which the library's own expiry time does not tell", async () => {
    const { publicKey } = await makeReaderKey(address, {
      subkeys: [{ keyExpirationTime: 30 * day }],
    });
    expect(await (await openpgp.readKey({ armoredKey: publicKey })).getExpirationTime()).toBe(
      Infinity,
    );
    expect(await verdict(publicKey, inDays(29))).toBe('fit');
    expect(await verdict(publicKey, inDays(31))).toBe('expired');
  });

  it('is refused when it or its encryption subkey is revoked', async () => {
    const { privateKey } = await makeReaderKey(address);
    const key = await openpgp.readPrivateKey({ armoredKey: privateKey });
    expect(await verdict((await openpgp.revokeKey({ key, format: 'armored' })).publicKey)).toBe(
      'revoked',
    );
    const [subkey] = key.subkeys;
    const revoked = await subkey?.revoke(key.keyPacket as openpgp.SecretKeyPacket, {}, new Date());
    key.subkeys = revoked === undefined ? [] : [revoked];
    expect(await verdict(key.toPublic().armor())).toBe('revoked');
  });

  it.each<[string, readonly number[], KeyRefusal]>([
    ['version 5 (GnuPG with LibrePGP)', [5, 22], 'version-not-4'],
    ['version 5 with Kyber', [5, 8], 'version-not-4'],
    ['version 6', [6, 27], 'version-not-4'],
    ['version 3 (PGP 2)', [3, 1], 'version-not-4'],
    ['version 4 with a post-quantum algorithm', [4, 30], 'algorithm-too-new'],
  ])(
    'is refused for its kind, not as rubbish: %s',
    async (_kind, [version = 0, algorithm = 0], refusal) => {
      const body = new Uint8Array(60).fill(7);
      body.set([version, 0x60, 0, 0, 0, algorithm, 0, algorithm]);
      for (const header of [
        [0xc6, body.length],
        [0x98, body.length],
        [0x99, 0, body.length],
      ])
        expect(
          await verdict(
            openpgp.armor(openpgp.enums.armor.publicKey, Uint8Array.from([...header, ...body])),
          ),
        ).toBe(refusal);
    },
  );

  it('is refused for a post-quantum encryption subkey, and used where an older one is beside it', async () => {
    const { publicKey } = await makeReaderKey(address);
    const key = await openpgp.readKey({ armoredKey: publicKey });
    const postQuantum = new Uint8Array(62).fill(7);
    postQuantum.set([0xce, 60, 4, 0x60, 0, 0, 0, 35]);
    const bytes = Buffer.concat([key.write(), postQuantum]);
    const armored = (binary: Uint8Array): string =>
      openpgp.armor(openpgp.enums.armor.publicKey, binary);
    expect(await verdict(armored(bytes))).toBe('fit');
    key.subkeys = [];
    expect(await verdict(armored(Buffer.concat([key.write(), postQuantum])))).toBe(
      'algorithm-too-new',
    );
  });

  it('is refused with a reason of its own when user ids or self-signatures are gone or broken', async () => {
    const { publicKey } = await makeReaderKey(address);
    const read = (): Promise<openpgp.PublicKey> => openpgp.readKey({ armoredKey: publicKey });
    const stripped = await read();
    stripped.users = [];
    expect(await verdict(stripped.armor())).toBe('no-user-id');
    const unsigned = await read();
    for (const user of unsigned.users) user.selfCertifications = [];
    expect(await verdict(unsigned.armor())).toBe('self-signature-missing');
    const broken = (await read()).write();
    const at = Buffer.from(broken).indexOf(address) + address.length + 60;
    broken[at] = (broken[at] ?? 0) ^ 1;
    expect(await verdict(openpgp.armor(openpgp.enums.armor.publicKey, broken))).toBe(
      'self-signature-bad',
    );
    const unbound = await read();
    for (const subkey of unbound.subkeys) subkey.bindingSignatures = [];
    expect(await verdict(unbound.armor())).toBe('self-signature-bad');
  });

  it('is judged by what verifies alone, and our signature is dated by our clock', async () => {
    const { privateKey, publicKey } = await makeReaderKey(address, {
      keyExpirationTime: 390 * day,
    });
    const secret = await openpgp.readPrivateKey({ armoredKey: privateKey });
    const desk = await SealingDesk.open();
    const farAhead = inDays(30 * 365);
    const { publicKey: ahead } = await openpgp.reformatKey({
      privateKey: secret,
      userIDs: [{ name: 'Test Reader', email: address }],
      date: farAhead,
      format: 'object',
    });
    const truly = ahead.users[0]?.selfCertifications[0];
    const alien = (
      await openpgp.readKey({
        armoredKey: (await makeReaderKey('other@agency.example.org', { date: farAhead })).publicKey,
      })
    ).users[0]?.selfCertifications[0];
    if (truly === undefined || alien === undefined) throw new Error('no signature');
    alien.issuerKeyID = secret.getKeyID();
    try {
      for (const signature of [truly, alien]) {
        const key = await openpgp.readKey({ armoredKey: publicKey });
        key.users[0]?.selfCertifications.push(signature);
        const armored = key.armor();
        expect(await verdict(armored)).toBe('fit');
        const mail = await desk.seal(letterTo(address), armored);
        const { signatures } = await openpgp.decrypt({
          message: await openpgp.readMessage({ armoredMessage: armorOf(mail) }),
          decryptionKeys: secret,
          verificationKeys: desk.signingKey,
        });
        expect(await signatures[0]?.verified).toBe(true);
        const made = (await signatures[0]?.signature)?.packets[0]?.created;
        expect(made?.getTime()).toBeLessThanOrEqual(Date.now());
      }
      expect(await verdict(publicKey, inDays(391))).toBe('expired');
    } finally {
      await desk.close();
    }
  });

  it('is read with the marks that Windows programs leave in it', async () => {
    const { publicKey } = await makeReaderKey(address);
    const spoilt = `\ufffd\ufffd${publicKey.replace(/[^]/g, '$&\0')}`;
    for (const armored of [`\ufeff${publicKey}`, spoilt, publicKey.replaceAll('\n', '\r\n')])
      expect(await verdict(armored)).toBe('fit');
  });

  it('is refused for an address that none of its verified user ids bears', async () => {
    const { publicKey } = await makeReaderKey('somebody-else@agency.example.org');
    expect(await verdict(publicKey)).toBe('address-differs');
    expect(await verdict(publicKey, new Date(), 'Somebody-Else@Agency.example.org')).toBe('fit');
  });

  it('is refused when the user id with the address was put on by somebody else', async () => {
    const mine = await openpgp.readKey({
      armoredKey: (await makeReaderKey('somebody-else@agency.example.org')).publicKey,
    });
    const theirs = await openpgp.readKey({ armoredKey: (await makeReaderKey(address)).publicKey });
    const list = mine.toPacketList();
    const at = list.findIndex((packet) => packet instanceof openpgp.PublicSubkeyPacket);
    const stolen = theirs
      .toPacketList()
      .filter(
        (packet) =>
          packet instanceof openpgp.UserIDPacket || packet instanceof openpgp.SignaturePacket,
      )
      .slice(0, 2);
    list.splice(at, 0, ...stolen);
    expect(await verdict(new openpgp.PublicKey(list).armor())).toBe('address-differs');
  });

  it('is refused when it is no key, a secret key, or more than one', async () => {
    const { publicKey, privateKey } = await makeReaderKey(address);
    expect(await verdict('hello')).toBe('not-a-key');
    expect(await verdict(publicKey.slice(0, 200))).toBe('not-a-key');
    expect(await verdict(privateKey)).toBe('secret-key');
    expect(await verdict(`${publicKey}${publicKey}`)).toBe('several-keys');
  });

  it('is fit although its owner made it by a clock that is ahead of ours, and seals', async () => {
    const desk = await SealingDesk.open();
    try {
      const { publicKey } = await makeReaderKey(address, { date: inDays(1 / 24) });
      expect(await verdict(publicKey)).toBe('fit');
      expect((await desk.sealer.seal(letterTo(address), publicKey)).kind).toBe('sealed');
    } finally {
      await desk.close();
    }
  });

  it('gives every refusal a plain sentence that says what to do', () => {
    for (const text of Object.values(keyRefusals)) expect(text).toMatch(/^(It|None)(s|)\b.*: .+/);
  });

  it('is examined once more when a mail is sealed: expired by then, nothing is sealed', async () => {
    const desk = await SealingDesk.open();
    try {
      const { publicKey } = await makeReaderKey(address, { keyExpirationTime: 30 * day });
      expect(await desk.sealer.seal(letterTo(address, { date: inDays(31) }), publicKey)).toEqual({
        kind: 'unusable',
        refusal: 'expired',
      });
      expect((await desk.sealer.seal(letterTo(address), publicKey)).kind).toBe('sealed');
    } finally {
      await desk.close();
    }
  });
});
