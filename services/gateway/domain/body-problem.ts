import type { Problem } from '#libs/contracts/problem.js';

export interface BodyHeaders {
  readonly 'content-type'?: string | undefined;
  readonly 'content-encoding'?: string | readonly string[] | undefined;
}

const charsets = /;\s*charset\s*=\s*("[^"]*"|[^;\s]*)/gi;

/**
 * Why a body cannot be read as its headers announce it. The gateway reads UTF-8 and decompresses nothing: a body that is read otherwise than it
 * was written says something that nobody meant, and a small one could unpack to any size.
 */
export function bodyProblem(
  headers: BodyHeaders,
): (Problem & { readonly field: string }) | undefined {
  const codings = [headers['content-encoding'] ?? []].flat().join(',').split(',');
  // RFC 9110 section 8.4: a list of tokens in any case; empty entries of a list count for nothing (5.6.1).
  if (codings.map((coding) => coding.trim().toLowerCase()).some(isOtherCoding))
    return {
      code: 'unsupported-media-type',
      field: 'Content-Encoding',
      detail: 'the body must come as it is, without a Content-Encoding; send it uncompressed',
    };
  for (const [, charset = ''] of (headers['content-type'] ?? '').matchAll(charsets))
    if (charset.replaceAll('"', '').toLowerCase() !== 'utf-8')
      return {
        code: 'unsupported-media-type',
        field: 'Content-Type',
        detail: 'the charset must be utf-8 or left out; send the body in UTF-8',
      };
  return undefined;
}

const isOtherCoding = (coding: string): boolean => coding !== '' && coding !== 'identity';
