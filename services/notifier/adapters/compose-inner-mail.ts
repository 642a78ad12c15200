import MailComposer from 'nodemailer/lib/mail-composer';
import { methodOf, renderCalendarEntry } from '../domain/calendar-entry.js';
import { type HeaderField, type Letter, mailDate, type SenderIdentity } from '../domain/letter.js';
import { padEntity } from '../domain/pad-entity.js';

/** The mesh's public key in the two forms that mail carries. */
export interface AttachedKey {
  readonly armored: string;
  readonly binary: Uint8Array;
}

/**
 * The MIME entity that is sealed: the real headers protected inside (RFC 9788; root `multipart/mixed` with the older
 * `protected-headers="v1"` beside it, the only form Thunderbird reads), a text part that repeats the subject for readers that know neither,
 * the mesh's key so that an answer can be sealed too, and the calendar entry; filled up to its step of size.
 */
export async function composeInnerMail(
  letter: Letter,
  sender: SenderIdentity,
  outer: readonly HeaderField[],
  key: AttachedKey,
): Promise<Uint8Array> {
  const root = new MailComposer({
    from: sender.address,
    to: letter.to,
    replyTo: sender.replyTo,
    date: mailDate(letter.date),
    subject: letter.subject,
    messageId: `<${letter.messageId}>`,
    headers: [
      { key: 'Auto-Submitted', value: 'auto-generated' },
      {
        key: 'Autocrypt',
        value: { prepared: true, foldLines: true, value: autocrypt(sender.address, key.binary) },
      },
      ...outer.map(([name, value]) => ({
        key: 'HP-Outer',
        value: { prepared: true, value: `${name}: ${value}` },
      })),
    ],
    text: `Subject: ${letter.subject}\n\n${letter.text}`,
    attachments: [
      ...(letter.calendar === undefined
        ? []
        : [
            {
              filename: 'appointment.ics',
              // RFC 6047 §2.4: the method here and the one inside are the same.
              contentType: `text/calendar; charset=utf-8; method=${methodOf(letter.calendar)}`,
              content: renderCalendarEntry(letter.calendar),
              contentTransferEncoding: '7bit',
            },
          ]),
      {
        filename: 'key.asc',
        contentType: 'application/pgp-keys',
        content: key.armored,
        contentTransferEncoding: '7bit',
      },
    ],
    encoding: 'quoted-printable',
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  root.setHeader('Content-Type', 'multipart/mixed; protected-headers="v1"; hp="cipher"');
  // The composer sets the type of its text part itself, so the mark of RFC 9788 §5.2.1 is put on afterwards.
  root.childNodes[0]?.setHeader('Content-Type', 'text/plain; charset=utf-8; hp-legacy-display="1"');
  return padEntity(await root.build());
}

/** Autocrypt Level 1 §2.1, keydata in lines that folding may break. */
function autocrypt(address: string, binary: Uint8Array): string {
  const keydata = (
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,72}/g) ?? []
  ).join(' ');
  return `addr=${address}; prefer-encrypt=mutual; keydata= ${keydata}`;
}
