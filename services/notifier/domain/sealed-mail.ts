import { isMailAddress } from '#libs/contracts/mail-address.js';
import { dearmor } from './dearmor.js';
import { walkPackets } from './walk-packets.js';

/** What the bytes are held against: who may read the mail, and the one key that is pinned for that person. */
export interface SealExpectation {
  /** The only address in the envelope and in the outer To. */
  readonly recipient: string;
  /** Key id, 16 lower-case hex digits, of the encryption key or subkey that the pinned key uses. */
  readonly encryptionKeyId: string;
}

const sealFaults = [
  'not-ascii-lines',
  'header-not-allowed',
  'header-missing',
  'subject-tells',
  'recipient-differs',
  'not-pgp-mime',
  'armor-not-whole',
  'packets-not-allowed',
  'key-not-pinned',
] as const;
export type SealFault = (typeof sealFaults)[number];

type Rule = (value: string) => boolean;
const like =
  (pattern: RegExp): Rule =>
  (value) =>
    pattern.test(value);

/** Every outer header a mail must bear, exactly once, and the only form of its value: no display name, no words, nothing that tells. */
const outerHeaders: Readonly<Record<string, Rule>> = {
  From: isMailAddress,
  To: isMailAddress,
  'Reply-To': isMailAddress,
  Date: like(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000$/),
  Subject: like(/^\S{1,20}$/),
  'Message-ID': like(/^<[0-9a-f-]{8,64}@[a-z0-9.-]{1,253}>$/),
  'Auto-Submitted': like(/^auto-generated$/),
  'MIME-Version': like(/^1\.0$/),
  'Content-Type': like(
    /^multipart\/encrypted; protocol="application\/pgp-encrypted"; boundary="[0-9a-zA-Z_=-]{8,60}"$/,
  ),
};
const outerHeaderCount = Object.keys(outerHeaders).length;

/** RFC 9788 §4.2: what stands in the place of a subject that is only inside. */
export const outerSubject = '[...]';

const publicKeyEncryptedSessionKey = 1;
const integrityProtectedData = 18;

/**
 * The only thing the courier takes: a whole mail whose final bytes were looked at and found to be one RFC 3156 encrypted message for
 * one pinned key. There is no other way to make one, so there is no way to hand clear text to SMTP.
 */
export class SealedMail {
  readonly #bytes: Uint8Array;
  readonly recipient: string;

  private constructor(bytes: Uint8Array, recipient: string) {
    this.#bytes = bytes;
    this.recipient = recipient;
  }

  /** Looks at every byte that would leave. The answer names the first rule that the bytes break, never what they hold. */
  static check(bytes: Uint8Array, expected: SealExpectation): SealedMail | SealFault {
    const copy = Uint8Array.from(bytes);
    const lines = asciiLines(copy);
    if (lines === undefined) return 'not-ascii-lines';
    const end = lines.indexOf('');
    if (end < 0) return 'not-pgp-mime';
    const headers = readHeaders(lines.slice(0, end));
    if (headers === undefined) return 'header-not-allowed';
    if (headers.size !== outerHeaderCount) return 'header-missing';
    if (headers.get('Subject') !== outerSubject) return 'subject-tells';
    if (headers.get('To') !== expected.recipient) return 'recipient-differs';
    const armor = armorInside(headers.get('Content-Type') ?? '', lines.slice(end + 1));
    if (armor === undefined) return 'not-pgp-mime';
    const message = dearmor(armor);
    if (message === undefined) return 'armor-not-whole';
    return (
      faultInPackets(message, expected.encryptionKeyId) ?? new SealedMail(copy, expected.recipient)
    );
  }

  /** True for a mail that `check` let through; a look-alike object has no such field. */
  static isSealed(value: object): value is SealedMail {
    return #bytes in value;
  }

  /** A copy: what was checked is what leaves. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** The mail as lines without their CRLF, or undefined when it holds a byte over 0x7e, a bare CR or LF, a tab or a too long line. */
function asciiLines(bytes: Uint8Array): string[] | undefined {
  const text = new TextDecoder('latin1').decode(bytes);
  const lines = text.split('\r\n');
  // Ends with CRLF, so the last piece is empty and not a line.
  if (lines.pop() !== '') return undefined;
  return lines.every((line) => line.length <= 998 && /^[\x20-\x7e]*$/.test(line))
    ? lines
    : undefined;
}

/** Undefined when a header is not on the list, says more than it may, comes twice, or is folded: the mesh's own are short. */
function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z-]+): (\S.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || headers.has(name)) return undefined;
    if (!Object.hasOwn(outerHeaders, name) || outerHeaders[name]?.(value) !== true)
      return undefined;
    headers.set(name, value);
  }
  return headers;
}

/** The armor lines of an RFC 3156 §4 body of exactly two parts with exactly these part headers, or undefined. */
function armorInside(contentType: string, body: readonly string[]): readonly string[] | undefined {
  const [, boundary] = /boundary="(.*)"$/.exec(contentType) ?? [];
  if (boundary === undefined) return undefined;
  const before = [
    `--${boundary}`,
    'Content-Type: application/pgp-encrypted',
    '',
    'Version: 1',
    '',
    `--${boundary}`,
    'Content-Type: application/octet-stream; name="encrypted.asc"',
    'Content-Disposition: inline; filename="encrypted.asc"',
    '',
  ];
  const whole =
    before.every((line, i) => body[i] === line) &&
    body.at(-1) === `--${boundary}--` &&
    body.at(-2) === '';
  return whole ? body.slice(before.length, -2) : undefined;
}

/** One PKESK version 3 for the pinned key (RFC 9580 §5.1.1), one SEIPD version 1 (§5.13.1), in this order and nothing else. */
function faultInPackets(message: Uint8Array, encryptionKeyId: string): SealFault | undefined {
  const packets = walkPackets(message);
  const [session, data] = packets ?? [];
  if (packets?.length !== 2 || session === undefined || data === undefined)
    return 'packets-not-allowed';
  if (session.tag !== publicKeyEncryptedSessionKey || session.body[0] !== 3)
    return 'packets-not-allowed';
  if (data.tag !== integrityProtectedData || data.body[0] !== 1) return 'packets-not-allowed';
  const keyId = Array.from(session.body.subarray(1, 9), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  return keyId === encryptionKeyId ? undefined : 'key-not-pinned';
}
