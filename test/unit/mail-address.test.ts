import { describe, expect, it } from '@jest/globals';
import { isMailAddress, mailAddress } from '#libs/contracts/mail-address.js';

const letters = (count: number): string => 'a'.repeat(count);

describe('a mail address', () => {
  it.each([
    'reader@agency.example.org',
    "o'brien.ann+west@agency.example.org",
    `${letters(64)}@agency.example.org`,
    `a@${letters(63)}.example.org`,
  ])('is %s', (address) => {
    expect(isMailAddress(address)).toBe(true);
    expect(mailAddress.safeParse(address).success).toBe(true);
  });

  it.each([
    '',
    'reader',
    '@agency.example.org',
    `${letters(65)}@agency.example.org`,
    `a@${letters(64)}.example.org`,
    `a@${Array.from({ length: 20 }, () => letters(10)).join('.')}.org`,
    'reader@agency',
    'reader..one@agency.example.org',
    '.reader@agency.example.org',
    'reader@agency..org',
    'Reader <reader@agency.example.org>',
    'reader@agency.example.org, other@agency.example.org',
    'reader@agency.example.org\r\nBcc: other@agency.example.org',
    'r\u00e9ader@agency.example.org',
    '"reader one"@agency.example.org',
  ])('is not %j', (address) => {
    expect(isMailAddress(address)).toBe(false);
    expect(mailAddress.safeParse(address).success).toBe(false);
  });
});
