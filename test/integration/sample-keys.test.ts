import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as openpgp from 'openpgp';
import { keepMail } from '#deploy/local/mail-folder.js';
import { GpgHome } from '#deploy/sample/gpg-home.js';
import { importMeshKey } from '#deploy/sample/mesh-key.js';
import { MailReader } from '#deploy/sample/mail-reader.js';
import { makeSampleKeys } from '#deploy/sample/sample-keys.js';
import { scratchFolder, type ScratchFolder } from '#test/support/scratch-folder.js';

let folder: ScratchFolder;
let gpgHome: string;
let keysFolder: string;
beforeAll(async () => {
  folder = await scratchFolder();
  // A path too long for the agent's sockets, as a deep clone's may be.
  gpgHome = join(folder.path, 'a-folder-with-a-name-as-long-as-they-come'.repeat(2), 'gnupg');
  keysFolder = join(folder.path, 'public');
});
afterAll(() => folder.remove());

const people = [
  { id: 'p_one', name: 'Una Sample', address: 'one@example.org', key: true },
  { id: 'p_none', name: 'Nemo Sample', address: 'none@example.org', key: false },
];
const agents = (): string =>
  execFileSync('sh', ['-c', 'pgrep -af gpg-agent || true'], { encoding: 'utf8' });

describe("the sample's people", () => {
  it('get keys once, which the notifier can use in twelve years; no agent stays behind', async () => {
    const lines: string[] = [];
    const make = () =>
      makeSampleKeys({ gpgHome, keysFolder, people, print: (line) => lines.push(line) });
    await make();
    const key = await readFile(join(keysFolder, 'p_one.asc'), 'utf8');
    await make();
    expect(lines).toHaveLength(1);
    expect(await readFile(join(keysFolder, 'p_one.asc'), 'utf8')).toBe(key);
    expect(await readdir(keysFolder)).toEqual(['p_one.asc']);
    const read = await openpgp.readKey({ armoredKey: key });
    const inTwelveYears = new Date(Date.now() + 12 * 365 * 24 * 3_600_000);
    expect(
      (await read.getEncryptionKey(undefined, inTwelveYears)).getAlgorithmInfo().algorithm,
    ).toBe('ecdh');
    expect(read.getUserIDs()).toEqual(['Una Sample <one@example.org>']);
    expect(agents()).not.toMatch(/\/gpg-\w{6}\/home/);
  });

  it('read their mail with gpg, and see that the mesh signed it', async () => {
    const mesh = await openpgp.generateKey({
      userIDs: [{ email: 'mesh@example.org' }],
      format: 'object',
    });
    const recipient = await openpgp.readKey({
      armoredKey: await readFile(join(keysFolder, 'p_one.asc'), 'utf8'),
    });
    const inner =
      'Subject: Care plan review due: RR/1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe care plan is due.\r\n';
    const sealed = await openpgp.encrypt({
      message: await openpgp.createMessage({
        binary: new TextEncoder().encode(inner),
      }),
      encryptionKeys: recipient,
      signingKeys: mesh.privateKey,
    });
    const mails = join(folder.path, 'mail');
    await mkdir(mails);
    const signingKeyFile = join(folder.path, 'signing-key.asc');
    await writeFile(signingKeyFile, mesh.privateKey.armor());
    await importMeshKey(gpgHome, signingKeyFile);
    const gpg = await GpgHome.open(gpgHome);
    expect((await gpg.decrypt(Buffer.from(sealed))).signedBy).toBe(
      mesh.publicKey.getFingerprint().toUpperCase(),
    );
    const reader = await MailReader.open(mails, gpg);
    await keepMail(mails, {
      seq: 1,
      receivedAt: new Date().toISOString(),
      from: 'mesh@example.org',
      to: ['one@example.org'],
      helo: 'local',
      tls: false,
      envid: null,
      ret: null,
      notify: [],
      raw: Buffer.from(`From: mesh@example.org\r\nSubject: [...]\r\n\r\n${sealed}`),
    });
    const opened = await reader.read();
    await gpg.stop();
    expect(opened).toMatchObject([
      {
        to: 'one@example.org',
        subject: 'Care plan review due: RR/1',
        outerSubject: '[...]',
        isSigned: true,
        text: 'The care plan is due.\n',
      },
    ]);
    expect(agents()).not.toMatch(/\/gpg-\w{6}\/home/);
  });
});
