import PostalMime from 'postal-mime';
import { type ReceivedMail, lastMailNumber, readMails } from '#deploy/local/mail-folder.js';
import type { GpgHome } from './gpg-home.js';

/** A mail as its reader sees it once `gpg` has opened it. */
export interface OpenedMail {
  readonly seq: number;
  readonly file: string;
  /** Address of the envelope. */
  readonly to: string;
  /** The real subject, from inside. */
  readonly subject: string;
  readonly text: string;
  readonly outerSubject: string;
  /** By the key that the mesh's first mail brought. */
  readonly isSigned: boolean;
}

/** Reads the folder of the local mail server as the sample's people would: with their own keys. Begins after the mails that lie there. */
export class MailReader {
  readonly #opened: OpenedMail[] = [];
  #seen: number;

  private constructor(
    private readonly folder: string,
    private readonly gpg: GpgHome,
    last: number,
  ) {
    this.#seen = last;
  }

  static async open(folder: string, gpg: GpgHome): Promise<MailReader> {
    return new MailReader(folder, gpg, await lastMailNumber(folder));
  }

  /** All mails so far, in order of arrival. */
  async read(): Promise<readonly OpenedMail[]> {
    for (const mail of await readMails(this.folder, this.#seen)) {
      this.#opened.push(await this.#open(mail));
      this.#seen = mail.seq;
    }
    return this.#opened;
  }

  async #open(mail: ReceivedMail): Promise<OpenedMail> {
    const outer = /^Subject: (.*)$/m.exec(mail.raw.toString('latin1'))?.[1]?.trim() ?? '';
    let { clear, signedBy } = await this.gpg.decrypt(mail.raw);
    const inner = await PostalMime.parse(clear);
    const enclosed = inner.attachments.find(({ mimeType }) => mimeType === 'application/pgp-keys');
    if (signedBy === undefined && enclosed !== undefined) {
      // The first mail brings the mesh's key, sealed with it; later ones are checked against that one.
      await this.gpg.importKey(Buffer.from(enclosed.content as ArrayBuffer).toString('utf8'));
      ({ clear, signedBy } = await this.gpg.decrypt(mail.raw));
    }
    return {
      seq: mail.seq,
      file: mail.file,
      to: mail.to.join(', '),
      subject: inner.subject ?? '',
      text: inner.text ?? '',
      outerSubject: outer,
      isSigned: signedBy !== undefined,
    };
  }
}
