import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import {
  keepMail,
  lastMailNumber,
  waitForMail,
  type MailEnvelope,
  type ReceivedMail,
} from './mail-folder.js';

export interface MailSinkOptions {
  /** Each mail becomes a file here (see `mail-folder`); made if absent. */
  readonly dir: string;
  /** 0, the default: a free one. */
  readonly port?: number;
  /** Offers STARTTLS with the certificate that smtp-server ships for tests: its key is public, so only on loopback. Default: clear. */
  readonly startTls?: boolean;
}

/**
 * How the server fails, for tests:
 * - `refuse-recipient`, `refuse-message`: answers RCPT, or the message's end, with this code;
 * - `lose-answer`: keeps the message, then drops the connection without the answer, so that the sender cannot know.
 */
export type MailFault =
  | {
      readonly kind: 'refuse-recipient' | 'refuse-message';
      readonly code: 421 | 451 | 452 | 550 | 554;
    }
  | { readonly kind: 'lose-answer' };

/** An SMTP server of the local machine that delivers nowhere: it keeps every mail as a file, on disk before it answers 250. */
export class MailSink {
  readonly #options: MailSinkOptions;
  #server: SMTPServer | undefined;
  #port: number;
  #seq = 0;
  #fault: MailFault | undefined;

  constructor(options: MailSinkOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
  }

  /** Known once started, and kept over `stop` and `start`: a server that is down for a while. */
  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#seq = await lastMailNumber(this.#options.dir);
    const server = new SMTPServer({
      banner: 'local mail sink',
      authOptional: true,
      disabledCommands: this.#options.startTls === true ? ['AUTH'] : ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      hideDSN: false,
      closeTimeout: 0,
      logger: false,
      onRcptTo: (_address, _session, callback) => callback(this.#refusal('refuse-recipient')),
      onData: (stream, session, callback) => {
        void this.#answer(stream, session, callback);
      },
    });
    server.on('error', () => undefined); // a client that goes away is no error of ours
    this.#server = server;
    const listener = server.listen(this.#port, '127.0.0.1');
    await once(listener, 'listening');
    this.#port = (listener.address() as AddressInfo).port;
  }

  /** Fails like this from now on, until told otherwise; undefined: works again. */
  failWith(fault: MailFault | undefined): void {
    this.#fault = fault;
  }

  /** See `mail-folder`. */
  waitForMail(
    accepts: (mail: ReceivedMail) => boolean,
    options?: { readonly withinMs?: number; readonly after?: number },
  ): Promise<ReceivedMail> {
    return waitForMail(this.#options.dir, accepts, options);
  }

  /** Down: connections are cut, the port is closed. Idempotent; `start` brings it back on the same port. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #refusal(kind: MailFault['kind']): Error | null {
    const fault = this.#fault;
    if (fault?.kind !== kind || fault.kind === 'lose-answer') return null;
    return Object.assign(new Error('refused as the test asked'), { responseCode: fault.code });
  }

  async #answer(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (error: Error | null) => void,
  ): Promise<void> {
    const outcome = await this.#receive(stream, session).catch((error: Error) => error);
    if (outcome !== 'lost') callback(outcome);
  }

  /** Null once the mail is kept, `lost` if the sender is to get no answer, else why it is refused. */
  async #receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
  ): Promise<Error | null | 'lost'> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const refusal = this.#refusal('refuse-message');
    if (refusal !== null) return refusal;

    this.#seq += 1;
    const receivedAt = new Date().toISOString();
    await keepMail(this.#options.dir, {
      seq: this.#seq,
      receivedAt,
      ...envelopeOf(session),
      raw: Buffer.concat(chunks),
    });
    if (this.#fault?.kind !== 'lose-answer') return null;
    for (const connection of this.#server?.connections ?? []) {
      if (connection.id === session.id) connection.close();
    }
    return 'lost';
  }
}

function envelopeOf(session: SMTPServerSession): MailEnvelope {
  const { mailFrom, rcptTo, dsn } = session.envelope;
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    helo: session.hostNameAppearsAs,
    tls: session.secure,
    envid: dsn?.envid ?? null,
    ret: dsn?.ret ?? null,
    notify: rcptTo.map((recipient) => recipient.dsn?.notify ?? []),
  };
}
