import { describe, expect, it } from '@jest/globals';
import { formatCheckpoint, readCheckpoint } from '#libs/evidence/checkpoint.js';
import { leafHash } from '#libs/evidence/merkle-tree.js';
import {
  newNoteKey,
  readSignerKey,
  readVerifierKey,
  verifierKeyOf,
} from '#libs/evidence/note-keys.js';
import { openNote, signNote } from '#libs/evidence/signed-note.js';

/** The example of the specification's reference implementation, golang.org/x/mod/sumdb/note. Ed25519 signs alike everywhere. */
const verifierKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const signerKey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const signature =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

describe('a signed note', () => {
  const verifier = readVerifierKey(verifierKey);

  it('is that of the reference implementation, byte for byte', () => {
    const signer = readSignerKey(signerKey);
    expect(verifierKeyOf(signer)).toBe(verifierKey);
    expect(signNote(text, signer)).toBe(`${text}\n${signature}`);
    expect(openNote(`${text}\n${signature}`, verifier)).toEqual({ ok: true, text });
  });

  it('goes round with a key of our own', () => {
    const keys = newNoteKey('example.org/throughcare-evidence');
    const note = signNote('a\n\nb\n', readSignerKey(`${keys.signerKey}\n`));
    expect(openNote(note, readVerifierKey(`${keys.verifierKey}\n`))).toEqual({
      ok: true,
      text: 'a\n\nb\n',
    });
    expect(openNote(note, verifier).ok).toBe(false);
  });

  it('may bear the lines of witnesses, of keys it does not know', () => {
    const cosignature = `— witness.example.org/w1 ${Buffer.alloc(4 + 8 + 64, 7).toString('base64')}\n`;
    for (const lines of [cosignature + signature, signature + cosignature.repeat(15)])
      expect(openNote(`${text}\n${lines}`, verifier)).toEqual({ ok: true, text });
    expect(openNote(`${text}\n${cosignature}`, verifier)).toEqual({
      ok: false,
      why: 'this key has not signed it',
    });
  });

  it('is refused when anything of it is changed', () => {
    const note = `${text}\n${signature}`;
    const wrong = [
      note.replace('cryptography', 'cryptographY'),
      note.replace('nAM=', 'nBM='),
      note.replace('\n\n', '\n'),
      note.slice(0, -1),
      note.replace('answer', 'answer\r'),
      note.replace('— PeterNeumann', '- PeterNeumann'),
      `${note}${signature.replace('x08go/Z', 'x08go/Y')}`,
      '',
    ];
    expect(wrong.map((each) => openNote(each, verifier).ok)).toEqual(wrong.map(() => false));
  });

  it('has keys whose id is their own', () => {
    for (const wrong of [
      verifierKey.replace('c74f20a3', 'c74f20a4'),
      verifierKey.replace('Peter', 'Petra'),
      signerKey,
      '',
      'a b+c74f20a3+AR',
    ])
      expect(() => readVerifierKey(wrong)).toThrow(RangeError);
    for (const wrong of [verifierKey, signerKey.replace('c74f', 'c74e'), ''])
      expect(() => readSignerKey(wrong)).toThrow(RangeError);
    expect(() => newNoteKey('two words')).toThrow(RangeError);
  });
});

describe('a checkpoint', () => {
  const root = leafHash(Buffer.from('root'));
  const checkpoint = { origin: 'example.org/throughcare-evidence', size: 20_852_163, root };

  it('is three lines and reads back', () => {
    expect(formatCheckpoint(checkpoint)).toBe(
      `example.org/throughcare-evidence\n20852163\n${root.toString('base64')}\n`,
    );
    expect(readCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
    expect(readCheckpoint(`${formatCheckpoint(checkpoint)}an extension\n`)).toEqual(checkpoint);
    expect(
      readCheckpoint(
        'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n',
      )?.size,
    ).toBe(20_852_163);
  });

  it('is refused in any other form', () => {
    const good = formatCheckpoint(checkpoint);
    const wrong = [
      good.slice(0, -1),
      good.replace('2085', '0285'),
      good.replace('2085', '-2085'),
      good.replace('=\n', '\n'),
      `\n${good}`,
      `${good}\n`,
    ];
    expect(wrong.map((each) => readCheckpoint(each))).toEqual(wrong.map(() => undefined));
  });
});
