import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openpgp from 'openpgp';
import { OpenpgpSealer } from '#services/notifier/adapters/openpgp.sealer.js';
import { loadSigningKey } from '#services/notifier/adapters/signing-key.file.js';
import type { Letter, SenderIdentity } from '#services/notifier/domain/letter.js';
import type { SealedMail } from '#services/notifier/domain/sealed-mail.js';

export const sender: SenderIdentity = {
  address: 'notices@post.example.org',
  replyTo: 'no-reply@post.example.org',
  idDomain: 'post.example.org',
};

/** The sending side of mail in tests: the mesh's own signing key in a directory of its own, and the real sealer. */
export class SealingDesk {
  private constructor(
    readonly directory: string,
    readonly signingKey: openpgp.PrivateKey,
    readonly sealer: OpenpgpSealer,
  ) {}

  static async open(): Promise<SealingDesk> {
    const directory = await mkdtemp(join(tmpdir(), 'tc-desk-'));
    const key = await loadSigningKey(join(directory, 'signing.asc'), sender.address);
    return new SealingDesk(directory, key, new OpenpgpSealer(key, sender));
  }

  /** @throws Error when the key is refused. */
  async seal(letter: Letter, armoredKey: string): Promise<SealedMail> {
    const result = await this.sealer.seal(letter, armoredKey);
    if (result.kind !== 'sealed')
      throw new Error(`not sealed: ${result.kind === 'unusable' ? result.refusal : result.why}`);
    return result.mail;
  }

  get publicKey(): string {
    return this.signingKey.toPublic().armor();
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

export const letterTo = (to: string, change: Partial<Letter> = {}): Letter => ({
  messageId: '4f1c8e02@post.example.org',
  to,
  date: new Date(),
  subject: 'Appointment not attended: WND/2026/0042',
  text: 'Case: WND/2026/0042\n\nThe client did not attend the appointment.\n',
  ...change,
});

/** An address's key made by openpgp.js; `change` as its generateKey takes it. */
export async function makeReaderKey(
  address: string,
  change: Partial<openpgp.KeyOptions> = {},
): Promise<{ publicKey: string; privateKey: string }> {
  const { publicKey, privateKey } = await openpgp.generateKey({
    userIDs: [{ name: 'Test Reader', email: address }],
    ...change,
    format: 'armored',
  });
  return { publicKey, privateKey };
}

/** The armored block inside a sealed mail, with plain line ends, as a mail program would cut it out. */
export function armorOf(mail: SealedMail): string {
  const text = new TextDecoder().decode(mail.bytes());
  return (
    /-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----\r\n/
      .exec(text)?.[0]
      .replaceAll('\r\n', '\n') ?? ''
  );
}
