import { sign, verify } from 'node:crypto';
import { type NoteSigner, type NoteVerifier, isKeyName } from './note-keys.js';

const maxSignatures = 100;

/** Text, a blank line, and one line for the signature (C2SP signed-note). `text` ends in a newline. */
export const signNote = (text: string, signer: NoteSigner): string =>
  `${text}\n${signatureLine(text, signer)}`;

const signatureLine = (text: string, { name, id, secret }: NoteSigner): string =>
  `— ${name} ${Buffer.concat([id, sign(null, Buffer.from(text), secret)]).toString('base64')}\n`;

export type OpenedNote =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/**
 * The text, if this key signed it. Lines of other keys (witnesses' cosignatures, an older or newer key of the log) are let be, as the
 * specification wants it; a wrong signature of this key makes the whole note wrong.
 */
export function openNote(note: string, verifier: NoteVerifier): OpenedNote {
  if (Buffer.from(note).some((byte) => byte < 0x20 && byte !== 0x0a))
    return { ok: false, why: 'it holds control characters' };
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return { ok: false, why: 'it has no signatures' };
  const text = note.slice(0, end + 1);
  const signatures = readSignatures(note.slice(end + 2));
  if (signatures === undefined) return { ok: false, why: 'a signature line is malformed' };
  const own = signatures.filter(
    ({ name, bytes }) => name === verifier.name && bytes.subarray(0, 4).equals(verifier.id),
  );
  if (own.length === 0) return { ok: false, why: 'this key has not signed it' };
  const isRight = own.every(({ bytes }) =>
    verify(null, Buffer.from(text), verifier.key, bytes.subarray(4)),
  );
  return isRight ? { ok: true, text } : { ok: false, why: 'the signature is not of this text' };
}

interface NoteSignature {
  readonly name: string;
  /** Four of the key's id, then the signature. */
  readonly bytes: Buffer;
}

function readSignatures(block: string): NoteSignature[] | undefined {
  if (!block.endsWith('\n')) return undefined;
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > maxSignatures) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name = '', base64 = ''] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    if (!isKeyName(name) || bytes.length < 5 || bytes.toString('base64') !== base64)
      return undefined;
    signatures.push({ name, bytes });
  }
  return signatures;
}
