/** What a request brings to say who sends it. */
export interface Credentials {
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined;
}

/**
 * Who sends this request? Called once a request, before anything of its body is read.
 *
 * Locally: bearer tokens that were given out with the party. For production, adapters of this port for OAuth 2.0 (RFC 9068 access tokens)
 * and mutual TLS (RFC 8705) come later; what they need beside the header is added to `Credentials`.
 */
export abstract class Authenticator {
  /** The party, or undefined for whatever is not a valid credential. Never throws on what a client sent. */
  abstract authenticate(credentials: Credentials): Promise<string | undefined>;
}
