import * as oidc from 'openid-client';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { SignInAsked } from './session.store.js';

export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  /** Plain HTTP, on this machine only. */
  readonly isLocal: boolean;
}

export interface SignedIn {
  readonly person: string;
  readonly accessToken: string;
}

/** The agency's own OpenID Connect provider. Authorization code with PKCE, state and nonce (RFC 9700). */
export class SignInProvider {
  #found: Promise<oidc.Configuration> | undefined;

  constructor(private readonly settings: ProviderSettings) {}

  /** Where to send the browser, and what its answer is to be held against. @throws MeshError where the provider is away */
  async ask(next: string): Promise<{ readonly url: string; readonly asked: SignInAsked }> {
    const configuration = await this.#configuration();
    const asked = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      next,
    };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.settings.redirectUri,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(asked.verifier),
      code_challenge_method: 'S256',
      state: asked.state,
      nonce: asked.nonce,
      // On a shared machine the provider's own session must not sign the next person in as the last one.
      prompt: 'login',
    });
    return { url: url.href, asked };
  }

  /** @param query of the address that the provider sent the browser back to. @throws MeshError `unauthenticated` */
  async answered(query: string, { state, nonce, verifier }: SignInAsked): Promise<SignedIn> {
    const configuration = await this.#configuration();
    try {
      const url = new URL(this.settings.redirectUri);
      url.search = query;
      const tokens = await oidc.authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const person = tokens.claims()?.sub;
      if (person === undefined) throw new Error('no subject');
      return { person, accessToken: tokens.access_token };
    } catch (cause) {
      throw new MeshError('unauthenticated', 'the sign-in did not succeed', { cause });
    }
  }

  /** Does the provider still know the person? @throws MeshError `broker-unavailable` where it cannot be asked */
  async isThere(person: string, accessToken: string): Promise<boolean> {
    const configuration = await this.#configuration();
    try {
      await oidc.fetchUserInfo(configuration, accessToken, person);
      return true;
    } catch (cause) {
      const { status, code } = cause as { readonly status?: number; readonly code?: string };
      if (status !== undefined && status >= 400 && status < 500) return false;
      if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED' || code === 'OAUTH_INVALID_RESPONSE')
        return false;
      throw new MeshError('broker-unavailable', 'the sign-in service does not answer', { cause });
    }
  }

  /** Looked up at first use, so that the desk starts without the provider; a failure is tried again. */
  async #configuration(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret, isLocal } = this.settings;
    this.#found ??= oidc.discovery(
      new URL(issuer),
      clientId,
      clientSecret,
      oidc.ClientSecretBasic(clientSecret),
      { timeout: 5, ...(isLocal ? { execute: [oidc.allowInsecureRequests] } : {}) },
    );
    try {
      return await this.#found;
    } catch (cause) {
      this.#found = undefined;
      throw new MeshError('broker-unavailable', 'the sign-in service does not answer', { cause });
    }
  }
}
