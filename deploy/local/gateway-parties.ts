import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { replaceJson } from './mesh-state.js';

/** One line of GATEWAY_PARTIES_FILE. */
export interface GatewayPartyEntry {
  readonly party: string;
  readonly seedFile: string;
  readonly tokenHash: string;
  /** Clients whose access tokens are the party's. Absent: those that it has already. */
  readonly clients?: readonly { readonly issuer: string; readonly client: string }[];
}

/** A bearer token of 256 random bits, and what is kept of it. */
export function newToken(): { readonly token: string; readonly tokenHash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, tokenHash: tokenHashOf(token) };
}

export const tokenHashOf = (token: string): string =>
  `sha256:${createHash('sha256').update(token).digest('hex')}`;

/** Puts a party into the gateway's list, in place of an entry it has already; its clients stay. A running gateway takes it up by itself. */
export async function putGatewayParty(path: string, entry: GatewayPartyEntry): Promise<void> {
  const entries = JSON.parse(await readFile(path, 'utf8')) as GatewayPartyEntry[];
  const earlier = entries.find(({ party }) => party === entry.party);
  const kept = earlier?.clients === undefined ? {} : { clients: earlier.clients };
  const others = entries.filter(({ party }) => party !== entry.party);
  await replaceJson(path, [...others, { ...kept, ...entry }]);
}

/** Says which client of an issuer is which party. The parties that are not named keep theirs. */
export async function putGatewayClients(
  path: string,
  issuer: string,
  clientOf: ReadonlyMap<string, string>,
): Promise<void> {
  const entries = JSON.parse(await readFile(path, 'utf8')) as GatewayPartyEntry[];
  const written = entries.map((entry) => {
    const client = clientOf.get(entry.party);
    return client === undefined ? entry : { ...entry, clients: [{ issuer, client }] };
  });
  await replaceJson(path, written);
}
