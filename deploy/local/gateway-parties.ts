import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { replaceJson } from './mesh-state.js';

/** One line of GATEWAY_PARTIES_FILE. */
export interface GatewayPartyEntry {
  readonly party: string;
  readonly seedFile: string;
  readonly tokenHash: string;
}

/** A bearer token of 256 random bits, and what is kept of it. */
export function newToken(): { readonly token: string; readonly tokenHash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, tokenHash: tokenHashOf(token) };
}

export const tokenHashOf = (token: string): string =>
  `sha256:${createHash('sha256').update(token).digest('hex')}`;

/** Puts a party into the gateway's list, in place of an entry it has already. A running gateway takes it up by itself. */
export async function putGatewayParty(path: string, entry: GatewayPartyEntry): Promise<void> {
  const entries = JSON.parse(await readFile(path, 'utf8')) as GatewayPartyEntry[];
  await replaceJson(path, [...entries.filter(({ party }) => party !== entry.party), entry]);
}
