import type { Socket } from 'node:net';
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
import { RelayTurn } from './relay-turn.js';

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
  /** MAIL FROM without the mail's own token: `bounces@post.example.org` makes `bounces+<token>@post.example.org`. */
  readonly envelopeSender: string;
  /** PEM of the authority that signed the relay's certificate, where it is not a public one. */
  readonly certificateAuthority?: string;
  /** No step may last longer, milliseconds; default 30 seconds. RFC 5321 §4.5.3.2 allows minutes, at the price of slots held by a dead relay. */
  readonly stepTimeoutMs?: number;
}

/** What nodemailer puts on its errors. `EMESSAGE` with a response is the relay's own answer to the body. */
interface SmtpFault {
  readonly code?: string | undefined;
  readonly response?: string | undefined;
}

/**
 * One connection and one attempt a mail; the ledger owns the retries. What decides is whether a byte of the body may have left:
 * before that, any failure is certainly not an acceptance; after it, only the relay's own whole answer to the whole body tells, and without
 * one the outcome is unknown. (nodemailer reports the same error for both, and a cut-off answer as its last response.)
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
    const bytes = mail.bytes();
    let bodyStarted = false;
    let turn: RelayTurn | undefined;
    let writingDown: Promise<void> | undefined;
    async function* body(): AsyncGenerator<Buffer> {
      if (turn?.isOurs !== true) throw notOurTurn();
      writingDown = journey.onBodyStarts();
      await writingDown;
      // Nothing has left yet: a relay that has spoken meanwhile gets nothing.
      if (!turn.isOurs) throw notOurTurn();
      bodyStarted = true;
      yield Buffer.from(bytes);
    }
    try {
      turn = new RelayTurn(await this.#open(connection));
      const { response } = await sendOnce(
        connection,
        () => this.#envelope(mail, journey, bytes.length),
        () => Readable.from(body(), { objectMode: false }),
      );
      return turn.isBroken ? outcomeOf(outOfTurn, bodyStarted) : outcomeOfBody(response);
    } catch (error) {
      return outcomeOf(faultOf(error as SmtpFault, turn), bodyStarted);
    } finally {
      connection.close();
      // What it writes must not come after the attempt's end. That it failed was told by the body's stream.
      await writingDown?.catch(() => undefined);
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

  /** @returns the socket that the mail will go through: after STARTTLS another than at first. */
  async #open(connection: SMTPConnection): Promise<Socket> {
    await new Promise<void>((resolve, reject) => {
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
    const { _socket: socket } = connection;
    if (!socket) throw new MeshError('mail-unavailable', 'the relay is gone');
    return socket;
  }

  /** Made anew for each try: nodemailer writes into the envelope it is given. Full returns (RET=FULL) would mail the body back. */
  #envelope(mail: SealedMail, journey: SendJourney, size: number): SMTPEnvelope {
    return {
      from: senderFor(this.relay.envelopeSender, journey.envelopeId),
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

/** An envelope sender of the mail's own: most programs that write a bounce keep neither ENVID nor ORCPT, but all of them must address it. */
const senderFor = (base: string, token: string): string => base.replace('@', `+${token}@`);

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

const outOfTurn: SmtpFault = { code: 'out-of-turn' };
const notOurTurn = (): MeshError =>
  new MeshError('mail-unavailable', 'the relay spoke out of its turn');

/**
 * A no to the envelope stands whatever came after it. Of a broken dialogue nothing else does: the answer that nodemailer took for one to
 * the body may be to something else. `ESTREAM` out of our turn is the body's stream, which would not begin.
 */
function faultOf(fault: SmtpFault, turn: RelayTurn | undefined): SmtpFault {
  if (turn === undefined || fault.code === 'EENVELOPE') return fault;
  return turn.isBroken || (fault.code === 'ESTREAM' && !turn.isOurs) ? outOfTurn : fault;
}

/** Every line of a reply bears the same code, and the last one says that it is the last (RFC 5321 §4.2). */
function isWhole(response: string | undefined): response is string {
  const lines = (response ?? '').split(/\r?\n/);
  const code = /^\d{3}/.exec(lines[0] ?? '')?.[0];
  return (
    code !== undefined &&
    lines.every((line, i) =>
      i === lines.length - 1
        ? line === code || line.startsWith(`${code} `)
        : line.startsWith(`${code}-`),
    )
  );
}

/** The mail system's own yes is x5z (RFC 5321 §4.2.1): `220` greets and `221` takes leave, neither takes a mail. */
function outcomeOfBody(response: string): SendOutcome {
  return isWhole(response) && response.startsWith('25')
    ? { kind: 'accepted', queueId: queueIdOf(response) }
    : { kind: 'unknown', reply: replyOf({ code: 'EMESSAGE', response }) };
}

function outcomeOf(fault: SmtpFault, bodyStarted: boolean): SendOutcome {
  const reply = replyOf(fault);
  const isNo = isWhole(fault.response) && /^[45]/.test(fault.response);
  const answeredBody = fault.code === 'EMESSAGE' && isNo;
  if (bodyStarted && !answeredBody) return { kind: 'unknown', reply };
  const aboutThisMail = fault.code === 'EMESSAGE' || fault.code === 'EENVELOPE';
  // nodemailer would not even ask, because the mail is larger than the relay takes or the envelope cannot be: later is no better.
  if (aboutThisMail && !fault.response) return { kind: 'refused', reply };
  // Of what is said before the body, only a no to this very envelope is for good; a relay that refuses the session may be mended.
  const forGood =
    aboutThisMail && isNo && fault.response.startsWith('5') && !fault.response.startsWith('503');
  return { kind: forGood ? 'refused' : 'retry-later', reply };
}

/** Code and enhanced status only, e.g. `550 5.1.1`; a relay's words may repeat the address. Without a reply, nodemailer's error code. */
function replyOf(fault: SmtpFault): string {
  const [, code, enhanced] =
    /^(\d{3})(?:[ -](\d\.\d{1,3}\.\d{1,3})?|$)/.exec(fault.response ?? '') ?? [];
  return code === undefined
    ? (fault.code ?? 'no-answer')
    : [code, enhanced].filter((part) => part !== undefined).join(' ');
}

/** The relay's own name for the mail, for whoever has to look in its log. Relays word it as they please: the last word of the reply. */
function queueIdOf(response: string): string {
  const [, id] = /(?:queued as|id=|queued:?)\s*<?([A-Za-z0-9._-]{4,64})/i.exec(response) ?? [];
  return id ?? 'unnamed';
}
