import { type JWTPayload, decodeJwt, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import {
  Authenticator,
  type Credentials,
  type Identification,
  noValidToken,
} from '../domain/authenticator.js';
import { type BindingFault, bindingFault } from '../domain/token-binding.js';
import { certificateThumbprint } from './client-certificate.js';
import type { IssuerKeys } from './issuer-keys.js';
import type { GatewayParty } from './parties.file.js';

export interface AccessTokenParts {
  /** This gateway, as tokens name it in `aud`. */
  readonly audience: string;
  /** By the issuer's name, exactly as it stands in `iss`. */
  readonly issuers: ReadonlyMap<string, Pick<IssuerKeys, 'keyFor'>>;
  readonly parties: () => readonly GatewayParty[];
  readonly logger: Logger;
}

/** Of public keys alone: with a shared secret (HS256) the gateway could make tokens itself. Ed25519 is EdDSA by its name of RFC 9864. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
/** How far the clocks of provider and gateway may be apart. */
const skewSeconds = 60;

const details: Readonly<Record<BindingFault, string>> = {
  'certificate-missing':
    'the access token is bound to a client certificate, and none came with it: connect with that certificate, by an address that hands it on',
  'certificate-wrong':
    'the access token is bound to another client certificate: connect with the one that it was asked for with',
  'not-checkable':
    'the access token is bound to a key in a way that is not taken here, such as DPoP: ask for one bound to a client certificate, or to nothing',
};

/**
 * OAuth 2.0 access tokens as JWT (RFC 9068 section 4) of issuers that are set. The parties' list says which client is which party. Keys come from
 * the issuer's own address and nowhere else: `jwk`, `jku`, `x5c` and `x5u` of a token are not looked at. Times are the machine's, never those
 * of a local clock that runs fast.
 */
export class AccessTokenAuthenticator extends Authenticator {
  constructor(private readonly parts: AccessTokenParts) {
    super();
  }

  override async authenticate(credentials: Credentials): Promise<Identification> {
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(credentials.authorization ?? '')?.[1];
    if (token === undefined) return noValidToken;
    const issuer = claimedIssuer(token);
    const keys = issuer === undefined ? undefined : this.parts.issuers.get(issuer);
    if (issuer === undefined || keys === undefined) return this.#refuse('unknown-issuer');
    try {
      const { payload } = await jwtVerify(token, (header, jws) => keys.keyFor(header, jws), {
        algorithms,
        typ: 'at+jwt',
        issuer,
        audience: this.parts.audience,
        clockTolerance: skewSeconds,
        requiredClaims: ['exp', 'iat', 'sub', 'client_id'],
      });
      return this.#partyOf(issuer, payload, credentials.clientCertificate);
    } catch (error) {
      const { code, claim } = error as { readonly code?: unknown; readonly claim?: unknown };
      if (code !== 'issuer-unavailable') return this.#refuse(code, claim);
      return {
        outcome: 'undecided',
        detail: 'the issuer of the access token cannot be asked for its keys at present',
      };
    }
  }

  /** After the signature: only who holds a token of a client that is known here learns that it is bound. */
  #partyOf(issuer: string, claims: JWTPayload, certificate: string | undefined): Identification {
    const client = claims['client_id'];
    const known = this.parts
      .parties()
      .find(({ clients }) =>
        clients.some((each) => each.issuer === issuer && each.client === client),
      );
    if (known === undefined) return this.#refuse('unknown-client');
    const fault = bindingFault(claims['cnf'], certificateThumbprint(certificate));
    if (fault === undefined) return { outcome: 'party', party: known.party };
    this.#refuse(fault);
    return { outcome: 'refused', detail: details[fault] };
  }

  /** The error itself is not logged: it holds the token's claims. */
  #refuse(reason: unknown, claim?: unknown): Identification {
    this.parts.logger.info(
      { event: 'access-token-refused', reason, claim },
      'an access token is refused',
    );
    return noValidToken;
  }
}

/** Nothing of it is proved yet: it only chooses whose keys prove it. */
function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
