import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type CryptoKey, SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose';
import * as oidc from 'openid-client';

const main = fileURLToPath(new URL('../../deploy/local/sign-in-main.js', import.meta.url));

export const audience = 'https://mesh.example.org';

interface IssuerOptions {
  readonly port: number;
  readonly clients: readonly string[];
}

/** The sample's OpenID Connect provider as a process of its own (inside jest it finds no client's key), whose private key a test may sign with what no provider would sign. */
export class TokenIssuer {
  #process: ChildProcess | undefined;
  #kid = '';
  /** The private key that signs now. */
  key!: CryptoKey;

  private constructor(
    readonly url: string,
    private readonly options: IssuerOptions,
    private readonly systems: ReadonlyMap<string, CryptoKey>,
  ) {}

  static async start(options: IssuerOptions): Promise<TokenIssuer> {
    const systems = new Map<string, CryptoKey>();
    for (const client of options.clients)
      systems.set(client, (await generateKeyPair('ES256', { extractable: true })).privateKey);
    const issuer = new TokenIssuer(`http://127.0.0.1:${options.port}`, options, systems);
    await issuer.rotate();
    return issuer;
  }

  /** Signs with a new key from now on, and knows the old one no more. */
  async rotate(): Promise<void> {
    await this.stop();
    this.key = (await generateKeyPair('ES256', { extractable: true })).privateKey;
    this.#kid = crypto.randomUUID();
    await this.comeBack();
  }

  async comeBack(): Promise<void> {
    const key = { ...(await exportJWK(this.key)), kid: this.#kid, alg: 'ES256', use: 'sig' };
    const systems = await Promise.all(
      [...this.systems].map(async ([id, own]) => {
        const { d: _private, ...publicKey } = await exportJWK(own);
        return { id, publicKey };
      }),
    );
    const child = spawn(process.execPath, [main], {
      env: {
        MESH_ENV: 'local',
        SIGN_IN_PORT: String(this.options.port),
        SIGN_IN_PEOPLE_FILE: '/nobody-signs-in',
        SIGN_IN_SYSTEMS: JSON.stringify(systems),
        SIGN_IN_AUDIENCE: audience,
        SIGN_IN_KEYS: JSON.stringify([key]),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#process = child;
    const lines = createInterface(child.stdout);
    const ended = once(child, 'exit').then(([code]) => `ended with ${String(code)}`);
    const ready = once(lines, 'line').then(([line]) => String(line));
    const first = await Promise.race([ready, ended]);
    if (!first.includes('"ready"')) throw new Error(`the provider does not start: ${first}`);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Asks for a token as an agency's system does: client credentials, `private_key_jwt`. */
  async tokenOf(client: string, resource = audience): Promise<string> {
    const own = this.systems.get(client);
    if (own === undefined) throw new Error(`no such client: ${client}`);
    // As of this realm: jest's is another one than that of Node's WebCrypto.
    const key = (await importJWK(await exportJWK(own), 'ES256')) as CryptoKey;
    const found = await oidc.discovery(
      new URL(this.url),
      client,
      undefined,
      oidc.PrivateKeyJwt(key),
      { execute: [oidc.allowInsecureRequests] },
    );
    const answer = await oidc.clientCredentialsGrant(found, { resource });
    return answer.access_token;
  }

  /** A token with the provider's own key, as right as one of its own but for the changes. */
  forge(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
    key: CryptoKey | Uint8Array = this.key,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const [client = ''] = this.options.clients;
    return new SignJWT({
      iss: this.url,
      aud: audience,
      sub: client,
      client_id: client,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 300,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.#kid, ...header })
      .sign(key, { crit: { unheard: false } });
  }
}
