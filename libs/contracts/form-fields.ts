import { z } from 'zod';
import { checkedText, trimmedText } from './checked-text.js';
import { inCategory } from './field.js';

/** Years that calendars count in without surprise: a day of the year 9999 has no day 12 months after it that reads as one. */
const plausibleYear = /^(19|20|21)[0-9]{2}-/;

const otherYear = 'must be of the years 1900 to 2199';
const notADate = 'must be a date as YYYY-MM-DD';
const notAnInstant = 'must be a date and time with offset, as 2026-03-02T10:30:00Z';
const date = z.core.regexes.date;
const dateTime = z.core.regexes.datetime({ offset: true });

function dateProblem(text: string): string | undefined {
  if (!date.test(text)) return notADate;
  return plausibleYear.test(text) ? undefined : otherYear;
}

function instantProblem(text: string): string | undefined {
  if (!dateTime.test(text)) return notAnInstant;
  if (!plausibleYear.test(text)) return otherYear;
  return plausibleInstant.test(text)
    ? undefined
    : 'must have an offset of at most 14 hours, and at most 9 digits after the second';
}

/** A calendar date of the United Kingdom, `YYYY-MM-DD`, of the years 1900 to 2199. */
export const localDate = checkedText(dateProblem, notADate).meta({ format: 'date' });
/** As databases read them: offsets of real zones (UTC-12 to UTC+14), no more than nanoseconds. */
const plausibleInstant = /^[0-9-]{10}T[0-9:]{8}([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$/;
/** An instant with its offset, RFC 3339, of the years 1900 to 2199. */
export const instant = checkedText(instantProblem, notAnInstant).meta({ format: 'date-time' });

const ninoPattern = /^[A-Z]{2}[0-9]{6}[A-D]$/;
const postcodePattern = /^[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}$/;
const phonePattern = /^[0-9+() ]{7,20}$/;
export const phone = z.string().regex(phonePattern, { error: 'must be a telephone number' });

export const personId = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,59}$/, {
    error: 'must be a person id of the directory, as p_west_adviser_1',
  })
  .meta({ description: 'Person id of the directory; says who acts, never who the client is' });

export const partyId = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, { error: 'must be a party id of the directory' });

/** No control, no line break, nothing that turns the direction of writing round, no half of a pair: they end in other people's mail, lists and databases. */
const plainText = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u;
/** Something to be seen: a surname of nothing but zero-width spaces is none. */
const somethingToSee = /[\p{L}\p{N}]/u;

/** What is wrong with a line. */
function lineProblem(text: string, max: number): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > max) return `must be at most ${max} characters`;
  if (!plainText.test(text)) return 'must be one line, without control characters';
  return somethingToSee.test(text) ? undefined : 'must hold a letter or a digit';
}

/**
 * An NI number anywhere in a reference: in one piece or with spaces, or its usual five pieces with one and the same sign between them. An
 * office, a running number and a letter (RR/123456/A) is a reference.
 */
const ninoShape =
  /(?<![a-z0-9])[a-z]{2}( ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?|(?<sign>[./_-])[0-9]{2}\k<sign>[0-9]{2}\k<sign>[0-9]{2}\k<sign>)[a-d](?![a-z0-9])/i;

/** A reference is kept and shown where identities are not: one that is an NI number would say who the client is. */
export function referenceProblem(text: string): string | undefined {
  return ninoShape.test(text)
    ? 'must not hold an NI number; give a reference of your own making'
    : undefined;
}

const line = (max: number): z.ZodString =>
  trimmedText((text) => lineProblem(text, max)).meta({ minLength: 1, maxLength: max });

/** NI number (2 letters, 6 digits, 1 letter), date of birth and surname must agree with the record (joint working: wrong person). */
export const clientIdentity = z
  .strictObject({
    nino: inCategory(
      'identity',
      z.string().regex(ninoPattern, {
        error: 'must be an NI number: 2 letters, 6 digits, 1 letter A to D, without spaces',
      }),
    ).optional(),
    surname: inCategory('identity', line(60)),
    otherNames: inCategory('identity', line(80)).optional(),
    title: inCategory('identity', line(20)).optional(),
    dateOfBirth: inCategory('identity', localDate),
  })
  .meta({
    id: 'ClientIdentity',
    description: 'Who the client is. A client without an NI number can be served',
  });
export type ClientIdentity = z.infer<typeof clientIdentity>;

export const clientContact = z
  .strictObject({
    address: inCategory('contact', line(200)).optional(),
    postcode: inCategory(
      'contact',
      z.string().regex(postcodePattern, { error: 'must be a UK postcode' }),
    ).optional(),
    phone: inCategory('contact', phone).optional(),
  })
  .meta({ id: 'ClientContact' });

/** The sender's office, printed on the form. */
export const office = z
  .strictObject({
    name: inCategory('administration', line(120)),
    address: inCategory('administration', line(200)).optional(),
    phone: inCategory('administration', phone).optional(),
  })
  .meta({ id: 'Office' });

export const shortText = line(160);

/** The reference of a form, as its agency writes it. */
export const reference = trimmedText(
  (text) => lineProblem(text, 160) ?? referenceProblem(text),
).meta({
  minLength: 1,
  maxLength: 160,
  description: 'Your own reference. Put no name or NI number there: an NI number is refused',
});
