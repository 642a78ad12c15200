import { type ProblemDocument, problemDocument } from './problem-document.js';

/** What HTTP itself refuses, by the code that Node gives it; the rest is malformed. */
const refusals: Readonly<Record<string, readonly [status: number, title: string, detail: string]>> =
  {
    ERR_HTTP_REQUEST_TIMEOUT: [
      408,
      'Request Timeout',
      'the request took too long to come; send it again, whole',
    ],
    HPE_CHUNK_EXTENSIONS_OVERFLOW: [
      413,
      'Payload Too Large',
      'the extensions of the chunks are too large; leave them out',
    ],
    ERR_EXPECTATION: [
      417,
      'Expectation Failed',
      'the header Expect may say 100-continue and nothing else; leave it out',
    ],
    HPE_HEADER_OVERFLOW: [
      431,
      'Request Header Fields Too Large',
      'the address and the headers are larger than 16 KiB; shorten them',
    ],
  };

/**
 * A request that ends before it has a route, as a problem document. Where no code of the mesh has its status, the type is `about:blank` and
 * the title the phrase of the status (RFC 9457 section 4.2.1). Nothing of the request stands in it.
 */
export function refusedRequest(code: string): ProblemDocument {
  const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (refusal === undefined)
    return problemDocument({
      code: 'malformed-request',
      detail: 'the request is not HTTP/1.1; mend its first line, its headers or its length',
    });
  const [status, title, detail] = refusal;
  return { type: 'about:blank', title, status, detail };
}
