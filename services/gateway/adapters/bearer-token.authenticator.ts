import { createHash, timingSafeEqual } from 'node:crypto';
import {
  Authenticator,
  type Credentials,
  type Identification,
  noValidToken,
} from '../domain/authenticator.js';
import type { GatewayParty } from './parties.file.js';

/**
 * Bearer tokens (RFC 6750), one a party, of which only SHA-256 is kept. Every entry is compared, in constant time each, so that the time
 * taken says nothing about which one came near.
 */
export class BearerTokenAuthenticator extends Authenticator {
  constructor(private readonly parties: () => readonly GatewayParty[]) {
    super();
  }

  override async authenticate({ authorization }: Credentials): Promise<Identification> {
    const token = /^Bearer +([A-Za-z0-9._~+/-]{20,200}=*)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return noValidToken;
    const presented = createHash('sha256').update(token).digest();
    let found: string | undefined;
    for (const { party, tokenHash } of this.parties()) {
      if (tokenHash === undefined) continue;
      const kept = Buffer.from(tokenHash.slice('sha256:'.length), 'hex');
      if (kept.length === presented.length && timingSafeEqual(kept, presented)) found = party;
    }
    return found === undefined ? noValidToken : { outcome: 'party', party: found };
  }
}
