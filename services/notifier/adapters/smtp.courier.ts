import { Readable } from 'node:stream';
import SMTPConnection, {
  type SMTPConnectionOptions,
  type SMTPConnectionSendInfo,
  type SMTPEnvelope,
} from 'nodemailer/lib/smtp-connection';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { Courier, type SendJourney } from '../domain/courier.js';
import { SealedMail } from '../domain/sealed-mail.js';
import type { SendOutcome } from '../domain/send-ledger.js';

/** How the relay is reached. */
export interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** `implicit` (465), `starttls` (required, or no mail), or `none`, which only a loopback relay in a local mesh may have. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly user?: string;
  readonly password?: string;
  /** Said in EHLO: a neutral name, never the machine's own. */
  readonly ehloName: string;
  /** MAIL FROM. */
  readonly envelopeSender: string;
  /** PEM of the authority that signed the relay's certificate, where it is not a public one. */
  readonly certificateAuthority?: string;
  /** No step may last longer, milliseconds; default 30 seconds. RFC 5321 §4.5.3.2 allows minutes, at the price of slots held by a dead relay. */
  readonly stepTimeoutMs?: number;
}

/** What nodemailer puts on its errors. `EMESSAGE` with a code is the relay's own answer to the whole body. */
interface SmtpFault {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
}

/**
 * One connection and one attempt a mail; the ledger owns the retries. What decides is whether a byte of the body may have left:
 * before that, any failure is certainly not an acceptance; after it, only the relay's own full answer to the body tells, and without one the
 * outcome is unknown. (nodemailer reports the same error for both, and a cut-off answer as its last response.)
 */
export class SmtpCourier extends Courier {
  readonly #onTheirWay = new Set<Promise<SendOutcome>>();
  #stopping = false;

  constructor(private readonly relay: RelayOptions) {
    super();
  }

  override async carry(mail: SealedMail, journey: SendJourney): Promise<SendOutcome> {
    // TypeScript's word is not enough at the one place where clear text could leave.
    if (!SealedMail.isSealed(mail))
      throw new MeshError('internal', 'the courier takes sealed mail only');
    if (this.#stopping) return { kind: 'retry-later', reply: 'stopping' };
    const attempt = this.#attempt(mail, journey);
    this.#onTheirWay.add(attempt);
    try {
      return await attempt;
    } finally {
      this.#onTheirWay.delete(attempt);
    }
  }

  override async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.allSettled(this.#onTheirWay);
  }

  async #attempt(mail: SealedMail, journey: SendJourney): Promise<SendOutcome> {
    const connection = new SMTPConnection(this.#connectionOptions());
    let bodyStarted = false;
    try {
      await this.#open(connection);
      const bytes = mail.bytes();
      const body = (): Readable =>
        Readable.from(
          (async function* () {
            await journey.onBodyStarts();
            bodyStarted = true;
            yield Buffer.from(bytes);
          })(),
          { objectMode: false },
        );
      const info = await sendOnce(
        connection,
        () => this.#envelope(mail, journey, bytes.length),
        body,
      );
      return { kind: 'accepted', queueId: queueIdOf(info.response) };
    } catch (error) {
      return outcomeOf(error as SmtpFault, bodyStarted);
    } finally {
      connection.close();
    }
  }

  #connectionOptions(): SMTPConnectionOptions {
    const { host, port, tls, ehloName, certificateAuthority } = this.relay;
    const stepMs = this.relay.stepTimeoutMs ?? 30_000;
    return {
      host,
      port,
      name: ehloName,
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: {
        minVersion: 'TLSv1.2',
        ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
      },
      connectionTimeout: stepMs,
      greetingTimeout: stepMs,
      socketTimeout: stepMs,
      dnsTimeout: stepMs,
      allowInternalNetworkInterfaces: true,
    };
  }

  #open(connection: SMTPConnection): Promise<void> {
    return new Promise((resolve, reject) => {
      connection.on('error', reject);
      connection.connect((error) => {
        if (error) return reject(error);
        const { user, password } = this.relay;
        if (user === undefined || password === undefined) return resolve();
        connection.login({ user, pass: password }, (refused) =>
          refused ? reject(refused) : resolve(),
        );
      });
    });
  }

  /** Made anew for each try: nodemailer writes into the envelope it is given. Full returns (RET=FULL) would mail the body back. */
  #envelope(mail: SealedMail, journey: SendJourney, size: number): SMTPEnvelope {
    return {
      from: this.relay.envelopeSender,
      to: mail.recipient,
      size,
      dsn: {
        id: journey.envelopeId,
        return: 'headers',
        notify: ['failure', 'delay'],
        recipient: mail.recipient,
      },
      requireTLSExtensionEnabled: this.relay.tls !== 'none',
    };
  }
}

/** With REQUIRETLS (RFC 8689) where the relay offers it; nodemailer says no before it has sent a word, so the second try is the first. */
async function sendOnce(
  connection: SMTPConnection,
  envelope: () => SMTPEnvelope,
  body: () => Readable,
): Promise<SMTPConnectionSendInfo> {
  try {
    return await send(connection, envelope(), body());
  } catch (error) {
    if ((error as SmtpFault).code !== 'EREQUIRETLS') throw error;
    return send(connection, { ...envelope(), requireTLSExtensionEnabled: false }, body());
  }
}

function send(
  connection: SMTPConnection,
  envelope: SMTPEnvelope,
  body: Readable,
): Promise<SMTPConnectionSendInfo> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.send(envelope, body, (error, info) => (error ? reject(error) : resolve(info)));
  });
}

function outcomeOf(fault: SmtpFault, bodyStarted: boolean): SendOutcome {
  const reply = replyOf(fault);
  const answeredBody = fault.code === 'EMESSAGE' && fault.responseCode !== undefined;
  if (bodyStarted && !answeredBody) return { kind: 'unknown', reply };
  // Of what is said before the body, only a no to this very envelope is for good; a relay that refuses the session may be mended.
  const aboutThisMail = answeredBody || fault.code === 'EENVELOPE';
  const forGood = aboutThisMail && (fault.responseCode ?? 0) >= 500 && fault.responseCode !== 503;
  return { kind: forGood ? 'refused' : 'retry-later', reply };
}

/** Code and enhanced status only, e.g. `550 5.1.1`; a relay's words may repeat the address. Without a reply, nodemailer's error code. */
function replyOf(fault: SmtpFault): string {
  const [, code, enhanced] =
    /^(\d{3})[ -]?(\d\.\d{1,3}\.\d{1,3})?/.exec(fault.response ?? '') ?? [];
  return code === undefined
    ? (fault.code ?? 'no-answer')
    : [code, enhanced].filter((part) => part !== undefined).join(' ');
}

/** The relay's own name for the mail, for whoever has to look in its log. Relays word it as they please: the last word of the reply. */
function queueIdOf(response: string): string {
  const [, id] = /(?:queued as|id=|queued:?)\s*<?([A-Za-z0-9._-]{4,64})/i.exec(response) ?? [];
  return id ?? 'unnamed';
}
