import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { html } from '#libs/client-view/html.js';

export interface SignInClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
  /** The offices whose people may come in by this client. */
  readonly offices: readonly string[];
}

export interface SignInOptions {
  readonly port: number;
  /** A directory file: read at every look, so that a person who is taken out is gone at once. */
  readonly peopleFile: string;
  readonly clients: readonly SignInClient[];
}

interface SamplePerson {
  readonly id: string;
  readonly party: string;
  readonly name: string;
  readonly job: string;
}

const hoursS = 3_600;

/** A real OpenID Connect provider on loopback, with a page on which one picks who to be. */
export async function startSignInProvider({ port, peopleFile, clients }: SignInOptions) {
  const people = (): readonly SamplePerson[] =>
    (JSON.parse(readFileSync(peopleFile, 'utf8')) as { people: SamplePerson[] }).people;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'sample' };
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: clients.map(({ id, secret, redirectUri }) => ({
      client_id: id,
      client_secret: secret,
      redirect_uris: [redirectUri],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: 'ES256',
    })),
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    ttl: {
      AccessToken: 12 * hoursS,
      AuthorizationCode: 60,
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
    // The agency's own desk asks for nothing but who it is: there is nothing to consent to.
    loadExistingGrant: async (context) => {
      const { client, session, provider: own } = context.oidc;
      const accountId = session?.accountId;
      if (client === undefined || accountId === undefined) return undefined;
      const grant = new own.Grant({ clientId: client.clientId, accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
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
