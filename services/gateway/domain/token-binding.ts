/** Why the one who sent a token may not use it; undefined: the token is bound to nothing, or to the certificate that came with it. */
export type BindingFault = 'certificate-missing' | 'certificate-wrong' | 'not-checkable';

/**
 * Compares a token's confirmation claim with the client's certificate (RFC 8705 section 3.1). A confirmation that this gateway cannot check, as
 * that of DPoP (`jkt`, RFC 9449), is a fault: a bound token taken as a bearer token would be of use to a thief.
 * @param confirmation the claim `cnf` as it came
 * @param thumbprint SHA-256 of the certificate in base64url; undefined: no certificate came
 */
export function bindingFault(
  confirmation: unknown,
  thumbprint: string | undefined,
): BindingFault | undefined {
  if (confirmation === undefined) return undefined;
  if (typeof confirmation !== 'object' || confirmation === null) return 'not-checkable';
  const members = Object.entries(confirmation);
  const [name, expected] = members[0] ?? [];
  if (members.length !== 1 || name !== 'x5t#S256') return 'not-checkable';
  if (thumbprint === undefined) return 'certificate-missing';
  return thumbprint === expected ? undefined : 'certificate-wrong';
}
