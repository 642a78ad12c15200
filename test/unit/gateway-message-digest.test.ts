import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { messageDigest } from '#libs/digest/message-digest.js';

describe('the digest of a message', () => {
  it('is SHA-256 over the canonical JSON', () => {
    const expected = createHash('sha256').update('{"a":[1,true,null],"b":"é"}').digest('hex');
    expect(messageDigest(JSON.parse('{ "b": "\\u00e9", "a": [1.0, true, null] }'))).toBe(expected);
  });

  it('is the same whatever the order of fields and the white space, and another for another value', () => {
    const one = messageDigest(
      JSON.parse('{"id":"x","data":{"surname":"Quill","on":"2026-03-02"}}'),
    );
    expect(
      messageDigest(JSON.parse('{"data":\n{"on":"2026-03-02", "surname":"Quill"},"id":"x"}')),
    ).toBe(one);
    expect(
      messageDigest(JSON.parse('{"data":{"on":"2026-03-03","surname":"Quill"},"id":"x"}')),
    ).not.toBe(one);
  });

  it('tells apart a message that differs in a field named __proto__ only', () => {
    expect(messageDigest(JSON.parse('{"__proto__":1}'))).not.toBe(messageDigest(JSON.parse('{}')));
  });

  it('refuses what is nested beyond the stack instead of breaking', () => {
    const deep: unknown = JSON.parse('['.repeat(120_000) + ']'.repeat(120_000));
    expect(() => messageDigest(deep)).toThrow(
      expect.objectContaining({ code: 'malformed-message' }),
    );
  });
});
