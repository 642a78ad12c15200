import { type HeaderField, type Letter, mailDate, type SenderIdentity } from './letter.js';
import { outerSubject } from './sealed-mail.js';

/** The headers that every relay on the way reads, without the structural ones. The inside repeats them (RFC 9788 `HP-Outer`). */
export function outerHeaderFields(letter: Letter, sender: SenderIdentity): readonly HeaderField[] {
  return [
    ['From', sender.address],
    ['To', letter.to],
    ['Reply-To', sender.replyTo],
    ['Date', mailDate(letter.date)],
    ['Subject', outerSubject],
    ['Message-ID', `<${letter.messageId}>`],
    ['Auto-Submitted', 'auto-generated'],
  ];
}

/**
 * The whole mail as bytes: RFC 3156 §4 around the armored message. Built here and not by a mail library, because those were seen to
 * fold and split headers after the fact; `SealedMail.check` then reads it back line by line.
 */
export function wrapSealed(
  fields: readonly HeaderField[],
  boundary: string,
  armored: string,
): Uint8Array {
  const lines = [
    ...fields.map(([name, value]) => `${name}: ${value}`),
    'MIME-Version: 1.0',
    `Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: application/pgp-encrypted',
    '',
    'Version: 1',
    '',
    `--${boundary}`,
    'Content-Type: application/octet-stream; name="encrypted.asc"',
    'Content-Disposition: inline; filename="encrypted.asc"',
    '',
    ...armored.trimEnd().split(/\r?\n/),
    '',
    `--${boundary}--`,
    '',
  ];
  return new TextEncoder().encode(lines.join('\r\n'));
}
