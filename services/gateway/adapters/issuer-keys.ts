import {
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type JSONWebKeySet,
  createLocalJWKSet,
  errors,
} from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';

export interface IssuerSettings {
  /** Exactly as it stands in `iss`. */
  readonly issuer: string;
  /** Where its keys are. Undefined: as the issuer's metadata says (OpenID Connect Discovery 1.0 section 4). */
  readonly jwksUrl: string | undefined;
  /** Plain HTTP, on one's own machine only. */
  readonly allowsHttp: boolean;
}

/** A key that is not known makes the keys be read again, but no sooner than this after they were read. Anybody can make up a key's name. */
const readAgainAfterMs = 30_000;
/** The same after a reading that failed: shorter, because without keys nobody comes in. */
const tryAgainAfterMs = 5_000;
/** Keys older than this are read again beside the requests, so that a key that the provider took back goes. */
const staleAfterMs = 600_000;
/** For each of the two documents. A request waits for both at most. */
const readWithinMs = 3_000;

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });

/**
 * The public keys of one issuer, read over HTTP when they are needed and kept. A provider that is away fails no token whose key is kept here; a
 * token whose key is not is neither accepted nor refused.
 *
 *   none ──token──▶ read ──▶ kept ──unknown key, 30 s──▶ read
 *     ▲              │        │
 *     └─ failed, 5 s ┘        └──10 min──▶ read beside the requests; if that fails, kept, and again after 30 s
 */
export class IssuerKeys {
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #reading: Promise<void> | undefined;
  #readAt = -Infinity;
  #hasFailed = false;
  readonly #stopping = new AbortController();

  constructor(
    private readonly settings: IssuerSettings,
    private readonly logger: Logger,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /**
   * The key of a token that claims to be of this issuer.
   * @throws JWKSNoMatchingKey if the issuer has no such key · MeshError `issuer-unavailable` if that cannot be known now
   */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (this.#keys !== undefined && this.#areStale()) void this.#read();
    const known = await this.#find(header, token);
    if (known !== undefined) return known;
    await (this.#reading ?? (this.#mayRead() ? this.#read() : undefined));
    const found = await this.#find(header, token);
    if (found !== undefined) return found;
    if (this.#keys === undefined || this.#hasFailed)
      throw new MeshError('issuer-unavailable', 'the keys of the issuer cannot be read');
    throw new errors.JWKSNoMatchingKey();
  }

  /** Ends a reading that is under way. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
  }

  #age(): number {
    return this.monotonicMs() - this.#readAt;
  }

  #areStale(): boolean {
    return this.#age() > (this.#hasFailed ? readAgainAfterMs : staleAfterMs);
  }

  #mayRead(): boolean {
    return this.#age() >= (this.#hasFailed ? tryAgainAfterMs : readAgainAfterMs);
  }

  async #find(
    header: JWSHeaderParameters,
    token: FlattenedJWSInput,
  ): Promise<CryptoKey | undefined> {
    try {
      return await this.#keys?.(header, token);
    } catch (error) {
      if ((error as { code?: unknown }).code === errors.JWKSNoMatchingKey.code) return undefined;
      throw error;
    }
  }

  /** One reading at a time, whoever asks. Never rejects. */
  #read(): Promise<void> {
    this.#reading ??= this.#readKeys().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readKeys(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await this.#fetchKeys());
      this.#hasFailed = false;
    } catch (error) {
      this.#noteFailure(error);
    }
    this.#readAt = this.monotonicMs();
  }

  #noteFailure(error: unknown): void {
    this.#hasFailed = true;
    const { issuer } = this.settings;
    const hasKeys = this.#keys !== undefined;
    this.logger.warn(
      { event: 'issuer-keys-unreadable', issuer, hasKeys, err: error },
      'the keys of an issuer cannot be read',
    );
  }

  async #fetchKeys(): Promise<JSONWebKeySet> {
    const { issuer, jwksUrl } = this.settings;
    if (jwksUrl !== undefined) return (await this.#fetchJson(jwksUrl)) as JSONWebKeySet;
    const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = metadata.parse(await this.#fetchJson(place));
    // OpenID Connect Discovery 1.0 section 4.3: else one issuer could speak with the keys of another.
    if (found.issuer !== issuer) throw new Error('the metadata are of another issuer');
    return (await this.#fetchJson(found.jwks_uri)) as JSONWebKeySet;
  }

  async #fetchJson(url: string): Promise<unknown> {
    if (!url.startsWith('https://') && !this.settings.allowsHttp)
      throw new Error('the address is not https');
    const response = await fetch(url, {
      // A redirect would lead to an address that nobody has set.
      redirect: 'error',
      headers: { accept: 'application/json, application/jwk-set+json' },
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(readWithinMs)]),
    });
    if (!response.ok) throw new Error(`the answer is ${response.status}`);
    return response.json();
  }
}
