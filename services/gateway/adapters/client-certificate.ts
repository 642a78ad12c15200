import { X509Certificate, createHash } from 'node:crypto';

/** RFC 9440 section 2.1: a byte sequence of RFC 8941, DER between colons. */
const clientCert = /^:([A-Za-z0-9+/]+={0,2}):$/;
/** nginx's `$ssl_client_escaped_cert`: PEM, percent-encoded. */
const escapedPem = /^-----BEGIN(?:%20| )CERTIFICATE-----/;

/**
 * SHA-256 over the DER of the certificate that a proxy hands on, in base64url, as `x5t#S256` has it (RFC 8705 section 3.1). Whether the certificate is
 * still valid and who issued it is the proxy's to check.
 * @returns undefined for whatever is not exactly one certificate: two headers, too, which Node joins by a comma
 */
export function certificateThumbprint(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    const der = clientCert.exec(header)?.[1];
    if (der !== undefined) return thumbprintOf(Buffer.from(der, 'base64'));
    return escapedPem.test(header) ? thumbprintOf(decodeURIComponent(header)) : undefined;
  } catch {
    return undefined;
  }
}

const thumbprintOf = (certificate: Buffer | string): string =>
  createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
