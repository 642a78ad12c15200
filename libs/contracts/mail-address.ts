import { z } from 'zod';

/** The longest local part (RFC 5321 §4.5.3.1.1) and, by DNS, the longest label and domain. */
const longestLocalPart = 64;
const longestLabel = 63;
const longestDomain = 253;
const longestAddress = 200;
const shape = z.regexes.email;

/** Whether mail can be sealed for the address and handed to any relay. One rule for the form that brings it and for the mail that leaves. */
export function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  return (
    text.length <= longestAddress &&
    at <= longestLocalPart &&
    domain.length <= longestDomain &&
    domain.split('.').every((label) => label.length <= longestLabel) &&
    shape.test(text)
  );
}

export const mailAddress = z
  .string()
  .refine(isMailAddress, {
    error: 'must be a mail address, with at most 64 characters before the @ and 200 in all',
  })
  .meta({ format: 'email', maxLength: longestAddress });
