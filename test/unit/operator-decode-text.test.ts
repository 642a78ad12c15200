import { describe, expect, it } from '@jest/globals';
import { decodeText } from '#services/operator/domain/decode-text.js';

const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nmDMEZ\r\n';

describe('a file that a program of Windows wrote', () => {
  it.each([
    ['UTF-16, as PowerShell 5', [0xff, 0xfe], Buffer.from(key, 'utf16le')],
    ['UTF-16, the other byte first', [0xfe, 0xff], Buffer.from(key, 'utf16le').swap16()],
    ['UTF-8 with a mark, as Notepad', [0xef, 0xbb, 0xbf], Buffer.from(key)],
    ['UTF-8', [], Buffer.from(key)],
  ])('is read in %s', (_encoding, mark, bytes) => {
    expect(decodeText(Buffer.concat([Uint8Array.from(mark), bytes]))).toBe(key);
  });
});
