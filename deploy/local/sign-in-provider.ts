import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Client,
  type ClientMetadata,
  type JWK,
  type KoaContextWithOIDC,
  Provider,
  type ResourceServer,
  errors,
} from 'oidc-provider';
import { html } from '#libs/client-view/html.js';

export interface SignInClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
  /** The offices whose people may come in by this client. */
  readonly offices: readonly string[];
}

/** An agency's own system: it signs what it asks with (`private_key_jwt`) and gets access tokens for itself, never for a person. */
export interface SystemClient {
  readonly id: string;
  /** The public half of its key, ES256. */
  readonly publicKey: JWK;
}

export interface SignInOptions {
  readonly port: number;
  /** A directory file: read at every look, so that a person who is taken out is gone at once. */
  readonly peopleFile: string;
  readonly clients: readonly SignInClient[];
  readonly systems?: readonly SystemClient[];
  /** Whom the systems' tokens are for: the gateway, as it names itself. */
  readonly audience?: string;
  /** Private keys, the first of which signs. Absent: a new one at each start. */
  readonly keys?: readonly JWK[];
}

interface SamplePerson {
  readonly id: string;
  readonly party: string;
  readonly name: string;
  readonly job: string;
}

const hoursS = 3_600;
/** A system asks again without a person: its tokens may be short. */
const systemTokenS = 600;

/** A real OpenID Connect provider on loopback, with a page on which one picks who to be. */
export async function startSignInProvider(options: SignInOptions) {
  const { port, peopleFile, clients, systems = [], audience, keys = [newKey()] } = options;
  const people = (): readonly SamplePerson[] =>
    (JSON.parse(readFileSync(peopleFile, 'utf8')) as { people: SamplePerson[] }).people;
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [...clients.map(deskClient), ...systems.map(systemClient)],
    jwks: { keys: [...keys] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: gatewayFor(systems, audience) },
    },
    ttl: {
      AccessToken: 12 * hoursS,
      AuthorizationCode: 60,
      ClientCredentials: systemTokenS,
      IdToken: hoursS,
      Interaction: hoursS,
      Session: hoursS,
      Grant: 12 * hoursS,
    },
    interactions: { url: (_context, interaction) => `/pick/${interaction.uid}` },
    findAccount: (_context, sub) =>
      people().some(({ id }) => id === sub)
        ? { accountId: sub, claims: async () => ({ sub }) }
        : undefined,
    loadExistingGrant: grantOfDesk,
  });
  const forProvider = provider.callback();
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/pick/') !== true) return void forProvider(request, response);
    pick(provider, { people: people(), clients }, request, response).catch(() => {
      response.writeHead(400).end('This sign-in is over. Go back to the desk and begin again.');
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** By a name of its own: a gateway or desk that kept the keys of an earlier start sees that this is another. */
function newKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...jwk, use: 'sig', alg: 'ES256', kid: randomUUID() };
}

/** The agency's own desk asks for nothing but who it is: there is nothing to consent to. */
async function grantOfDesk({ oidc }: KoaContextWithOIDC) {
  const { client, session, provider } = oidc;
  const accountId = session?.accountId;
  if (client === undefined || accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId });
  grant.addOIDCScope('openid');
  await grant.save();
  return grant;
}

/** Tokens for the gateway: JWTs, for systems alone. A desk's token is for who signs in there. */
const gatewayFor =
  (systems: readonly SystemClient[], audience: string | undefined) =>
  (_context: KoaContextWithOIDC, resource: string, client: Client): ResourceServer => {
    if (resource !== audience || !systems.some(({ id }) => id === client.clientId))
      throw new errors.InvalidTarget();
    return {
      scope: '',
      audience,
      accessTokenTTL: systemTokenS,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'ES256' } },
    };
  };

const deskClient = ({ id, secret, redirectUri }: SignInClient): ClientMetadata => ({
  client_id: id,
  client_secret: secret,
  redirect_uris: [redirectUri],
  response_types: ['code'],
  grant_types: ['authorization_code'],
  id_token_signed_response_alg: 'ES256',
});

const systemClient = ({ id, publicKey }: SystemClient): ClientMetadata => ({
  client_id: id,
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  // It gets none, but the provider refuses a client of an algorithm that it has no key for.
  id_token_signed_response_alg: 'ES256',
  jwks: { keys: [publicKey] },
});

interface Sample {
  readonly people: readonly SamplePerson[];
  readonly clients: readonly SignInClient[];
}

async function pick(
  provider: Provider,
  { people, clients }: Sample,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params, uid } = await provider.interactionDetails(request, response);
  const offices = clients.find(({ id }) => id === params['client_id'])?.offices ?? [];
  const known = people.filter(({ party }) => offices.includes(party));
  if (request.method !== 'POST') {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(pickPage(uid, known));
    return;
  }
  const chosen = new URLSearchParams(await bodyOf(request)).get('person');
  const person = known.find(({ id }) => id === chosen);
  if (person === undefined) throw new Error('nobody of the sample');
  await provider.interactionFinished(request, response, { login: { accountId: person.id } });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const pickPage = (uid: string, people: readonly SamplePerson[]): string =>
  html`<!DOCTYPE html>
    <html lang="en-GB">
      <head>
        <meta charset="utf-8" />
        <title>Who are you? – Throughcare sample</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <style>
          body {
            font:
              1.1rem/1.5 system-ui,
              sans-serif;
            max-width: 40rem;
            margin: 2rem auto;
            padding: 0 1rem;
          }
          button {
            font: inherit;
            display: block;
            width: 100%;
            text-align: left;
            padding: 0.75rem;
            margin: 0.5rem 0;
          }
        </style>
      </head>
      <body>
        <main>
          <h1>Who are you?</h1>
          <p>Everybody here is invented. This page exists on one’s own machine only.</p>
          <form method="post" action="/pick/${uid}">
            ${people.map(
              ({ id, name, job }) =>
                html`<button name="person" value="${id}">
                  ${name}, ${job.replaceAll('-', ' ')}
                </button>`,
            )}
          </form>
        </main>
      </body>
    </html>`.text;
