/** What a request brings to say who sends it. */
export interface Credentials {
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined;
  /** The client's TLS certificate as a trusted proxy hands it on. Undefined where the deployment names no header for it. */
  readonly clientCertificate: string | undefined;
}

/** `detail` goes into the answer: what to do. It holds nothing of the credential. */
export type Identification =
  | { readonly outcome: 'party'; readonly party: string }
  | { readonly outcome: 'refused'; readonly detail: string }
  /** The credential can be neither accepted nor refused now, and so is not accepted. The client sends it again. */
  | { readonly outcome: 'undecided'; readonly detail: string };

/** One answer for everything that is not a valid credential: it tells nobody how near they came. */
export const noValidToken: Identification = {
  outcome: 'refused',
  detail: 'the request brings no valid token',
};

/**
 * Who sends this request? Called once a request, before anything of its body is read.
 *
 * Adapters: bearer tokens that were given out with the party, and OAuth 2.0 access tokens (RFC 9068), also bound to a certificate (RFC 8705).
 */
export abstract class Authenticator {
  /** Never throws on what a client sent. */
  abstract authenticate(credentials: Credentials): Promise<Identification>;
}
