import { randomBytes } from 'node:crypto';
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
    const { encryptionKeyId } = examined;
    try {
      const bytes = await this.#mailOf(letter, examined);
      const mail = SealedMail.check(bytes, { recipient: letter.to, encryptionKeyId });
      return typeof mail === 'string'
        ? { kind: 'not-sealed', why: mail }
        : { kind: 'sealed', mail, encryptionKeyId };
    } catch (cause) {
      return { kind: 'not-sealed', why: 'sealing-failed', cause };
    }
  }

  async #mailOf(letter: Letter, to: ExaminedKey): Promise<Uint8Array> {
    const outer = outerHeaderFields(letter, this.sender);
    const inner = await composeInnerMail(letter, this.sender, outer, this.#publicKey);
    return wrapSealed(
      outer,
      randomBytes(18).toString('hex'),
      await this.#signAndEncrypt(inner, to),
    );
  }

  /**
   * The explicit session key without AEAD forces PKESK v3 + SEIPD v1: for a key that advertises SEIPD v2 the library would otherwise write
   * packets that its own exporter, gpg 2.2, cannot read. The signature is dated by this machine's own clock, never by the mesh's nor by
   * anything in the reader's key: the reader's program compares it with its own. In one step, the library would date it by the day on
   * which the reader's key was found fit.
   */
  async #signAndEncrypt(inner: Uint8Array, to: ExaminedKey): Promise<string> {
    const signed = await openpgp.sign({
      message: await openpgp.createMessage({ binary: inner }),
      signingKeys: this.signingKey,
      format: 'object',
      config: quiet,
    });
    return openpgp.encrypt({
      message: signed,
      encryptionKeys: to.key,
      encryptionKeyIDs: [to.encryptionPart.getKeyID()],
      sessionKey: { data: randomBytes(32), algorithm: 'aes256' },
      date: to.fitOn,
      format: 'armored',
      config: quiet,
    });
  }
}
