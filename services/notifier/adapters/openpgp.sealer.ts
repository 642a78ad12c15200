import { randomBytes } from 'node:crypto';
import { MeshError } from '#libs/contracts/mesh-error.js';
import * as openpgp from 'openpgp';
import type { Letter, SenderIdentity } from '../domain/letter.js';
import { outerHeaderFields, wrapSealed } from '../domain/outer-mail.js';
import { SealedMail } from '../domain/sealed-mail.js';
import { type FitKey, type KeyRefusal, Sealer, type SealResult } from '../domain/sealer.js';
import { type AttachedKey, composeInnerMail } from './compose-inner-mail.js';
import { type ExaminedKey, examineKey } from './examine-key.js';

/** What the library must not do: compress (size would tell of content), or write its name into the armor. */
const quiet = {
  preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed,
  showVersion: false,
  showComment: false,
} satisfies openpgp.PartialConfig;

/** Sign and encrypt in one OpenPGP message (RFC 3156 §6.2), for exactly one reader, in the form that GnuPG 2.2, RNP and Sequoia all read. */
export class OpenpgpSealer extends Sealer {
  readonly #publicKey: AttachedKey;

  constructor(
    private readonly signingKey: openpgp.PrivateKey,
    private readonly sender: SenderIdentity,
  ) {
    super();
    const publicKey = signingKey.toPublic();
    this.#publicKey = {
      armored: publicKey.armor({ ...openpgp.config, ...quiet }),
      binary: publicKey.write(),
    };
  }

  override async examine(
    armoredKey: string,
    address: string,
    on: Date,
  ): Promise<FitKey | KeyRefusal> {
    const examined = await examineKey(armoredKey, address, on);
    if (typeof examined === 'string') return examined;
    const { fingerprint, encryptionKeyId, armored } = examined;
    return { fingerprint, encryptionKeyId, armored };
  }

  override async seal(letter: Letter, armoredKey: string): Promise<SealResult> {
    const examined = await examineKey(armoredKey, letter.to, letter.date);
    if (typeof examined === 'string') return { kind: 'unusable', refusal: examined };
    const outer = outerHeaderFields(letter, this.sender);
    const inner = await composeInnerMail(letter, this.sender, outer, this.#publicKey);
    const armored = await this.#signAndEncrypt(inner, examined);
    const bytes = wrapSealed(outer, randomBytes(18).toString('hex'), armored);
    const mail = SealedMail.check(bytes, {
      recipient: letter.to,
      encryptionKeyId: examined.encryptionKeyId,
    });
    if (typeof mail === 'string')
      throw new MeshError('internal', `the sealed mail did not pass its own check: ${mail}`);
    return { kind: 'sealed', mail, encryptionKeyId: examined.encryptionKeyId };
  }

  /**
   * The explicit session key without AEAD forces PKESK v3 + SEIPD v1: for a key that advertises SEIPD v2 the library would otherwise write
   * packets that its own exporter, gpg 2.2, cannot read. The signature is dated by this machine's own clock, never the mesh's:
   * the reader's program compares it with its own.
   */
  async #signAndEncrypt(inner: Uint8Array, to: ExaminedKey): Promise<string> {
    return openpgp.encrypt({
      message: await openpgp.createMessage({ binary: inner }),
      encryptionKeys: to.key,
      encryptionKeyIDs: [to.encryptionPart.getKeyID()],
      signingKeys: this.signingKey,
      sessionKey: { data: randomBytes(32), algorithm: 'aes256' },
      date: new Date(Math.max(Date.now(), to.madeAt.getTime())),
      format: 'armored',
      config: quiet,
    });
  }
}
