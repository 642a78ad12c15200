import PostalMime from 'postal-mime';
import { type ReceivedMail, readMails } from '#deploy/local/mail-folder.js';
import { GpgHome } from '#deploy/sample/gpg-home.js';

/** A mail as its reader sees it once `gpg` has opened it. */
export interface ReadMail {
  readonly subject: string;
  readonly text: string;
  /** The calendar entry, where there is one. */
  readonly calendar: string | undefined;
  readonly outerSubject: string;
}

/** Opens the mails of one person with that person's own key; of the others it sees the envelope only. */
export class ProtocolMail {
  readonly #opened = new Map<number, ReadMail>();

  private constructor(
    private readonly folder: string,
    private readonly gpg: GpgHome,
  ) {}

  static async open(folder: string, gpgHome: string): Promise<ProtocolMail> {
    return new ProtocolMail(folder, await GpgHome.open(gpgHome));
  }

  /** In order of arrival. */
  async of(address: string): Promise<readonly ReadMail[]> {
    const mails = (await readMails(this.folder)).filter(({ to }) => to.includes(address));
    const opened: ReadMail[] = [];
    for (const mail of mails) opened.push(await this.#read(mail));
    return opened;
  }

  stop(): Promise<void> {
    return this.gpg.stop();
  }

  async #read(mail: ReceivedMail): Promise<ReadMail> {
    const known = this.#opened.get(mail.seq);
    if (known !== undefined) return known;
    const { clear } = await this.gpg.decrypt(mail.raw);
    const { subject = '', text = '', attachments } = await PostalMime.parse(clear);
    const entry = attachments.find(({ mimeType }) => mimeType === 'text/calendar');
    const read = {
      subject,
      text,
      calendar:
        entry === undefined
          ? undefined
          : Buffer.from(entry.content as ArrayBuffer)
              .toString('utf8')
              .replaceAll('\r\n ', ''),
      outerSubject: /^Subject: (.*)$/m.exec(mail.raw.toString('latin1'))?.[1]?.trim() ?? '',
    };
    this.#opened.set(mail.seq, read);
    return read;
  }
}
