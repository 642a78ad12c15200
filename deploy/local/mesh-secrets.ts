import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brokerPublicKey, newCipherKey, seedFile } from '#deploy/nats/broker-keys.js';
import { type BrokerParty, serviceParties } from '#libs/contracts/party.js';
import type { PartyEntry } from '#services/operator/domain/directory-file.js';
import { newToken, putGatewayClients, putGatewayParty } from './gateway-parties.js';
import {
  evidenceOrigin,
  newNoteKey,
  readSignerKey,
  verifierKeyOf,
} from '#libs/evidence/note-keys.js';
import { replaceJson } from './mesh-state.js';
import type { SystemClient } from './sign-in-provider.js';

/** Room for each of a party's two streams. */
const streamBytes = 16 * 1024 * 1024;

/** Where a mesh of one machine keeps what is secret: everything in it is readable by its owner only, made once and found again. */
export class MeshSecrets {
  private constructor(readonly folder: string) {}

  static async open(folder: string): Promise<MeshSecrets> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new MeshSecrets(folder);
  }

  get keysFolder(): string {
    return join(this.folder, 'keys');
  }
  get cipherKeyFile(): string {
    return join(this.folder, 'store.key');
  }
  get guardKeysFile(): string {
    return join(this.folder, 'guard-keys.json');
  }
  /** Signs the heads of the evidence tree; the public key lies beside it. */
  get evidenceKeyFile(): string {
    return join(this.folder, 'evidence.key');
  }
  get evidencePublicKeyFile(): string {
    return join(this.folder, 'evidence.pub');
  }
  /** Signs the mails; the notifier makes it at its first start. */
  get signingKeyFile(): string {
    return join(this.folder, 'signing-key.asc');
  }
  get databasePasswordsFile(): string {
    return join(this.folder, 'databases.json');
  }
  get gatewayPartiesFile(): string {
    return join(this.folder, 'gateway-parties.json');
  }
  /** Private keys of the sample's agencies, with which their systems ask for access tokens. */
  get systemsFolder(): string {
    return join(this.folder, 'systems');
  }
  /** Bearer tokens in clear, for the sample's agencies only; production's are shown once and kept by the party. */
  get tokensFile(): string {
    return join(this.folder, 'tokens.json');
  }

  seed(user: string): string {
    return seedFile(this.keysFolder, user);
  }

  publicKey(user: string): Promise<string> {
    return brokerPublicKey(this.keysFolder, user);
  }

  async cipherKey(): Promise<string> {
    return this.keep(this.cipherKeyFile, newCipherKey);
  }

  async makeGuardKeys(): Promise<void> {
    await this.keep(this.guardKeysFile, () =>
      JSON.stringify({ current: 1, keys: { '1': randomBytes(32).toString('base64') } }),
    );
  }

  async makeEvidenceKey(): Promise<void> {
    const signerKey = await this.keep(
      this.evidenceKeyFile,
      () => newNoteKey(evidenceOrigin).signerKey,
    );
    await this.keep(
      this.evidencePublicKeyFile,
      () => `${verifierKeyOf(readSignerKey(signerKey))}\n`,
    );
  }

  /** The services' accounts and one for each party given, beside those that were added while an earlier run was up. */
  async brokerParties(
    entries: readonly Pick<PartyEntry, 'id' | 'kind'>[],
    added: readonly BrokerParty[],
  ): Promise<BrokerParty[]> {
    const wanted = [...serviceParties.map((id) => ({ id, kind: 'service' as const })), ...entries];
    const parties = await Promise.all(
      wanted.map(async ({ id, kind }) => ({
        id,
        kind,
        publicKey: await this.publicKey(id),
        maxBytes: streamBytes,
      })),
    );
    const ids = new Set(parties.map(({ id }) => id));
    return [...parties, ...added.filter(({ id }) => !ids.has(id))];
  }

  /** A bearer token for each party of the sample that has none yet; the gateway gets the hashes. */
  async tokens(parties: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const tokens = JSON.parse(await this.keep(this.tokensFile, () => '{}')) as Record<
      string,
      string
    >;
    await this.keep(this.gatewayPartiesFile, () => '[]');
    for (const party of parties) {
      if (tokens[party] !== undefined) continue;
      const { token, tokenHash } = newToken();
      tokens[party] = token;
      await replaceJson(this.tokensFile, tokens);
      await putGatewayParty(this.gatewayPartiesFile, {
        party,
        seedFile: this.seed(party),
        tokenHash,
      });
    }
    return tokens;
  }

  /**
   * A client at the sample's sign-in provider for each party: `system_<party>`, with its private key in `systems/<party>.jwk`. The provider has another
   * address at each start, so the gateway's list is written anew.
   */
  async systems(parties: readonly string[], issuer: string): Promise<readonly SystemClient[]> {
    await mkdir(this.systemsFolder, { recursive: true, mode: 0o700 });
    const clients = await Promise.all(
      parties.map(async (party) => ({
        id: systemOf(party),
        publicKey: publicKeyOf(
          await this.keep(join(this.systemsFolder, `${party}.jwk`), newSystemKey),
        ),
      })),
    );
    const clientOf = new Map(parties.map((party) => [party, systemOf(party)]));
    await putGatewayClients(this.gatewayPartiesFile, issuer, clientOf);
    return clients;
  }

  private async keep(file: string, make: () => string): Promise<string> {
    if (!existsSync(file)) await writeFile(file, make(), { mode: 0o600, flag: 'wx' });
    return (await readFile(file, 'utf8')).trim();
  }
}

const systemOf = (party: string): string => `system_${party}`;

const newSystemKey = (): string =>
  JSON.stringify(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  );

const publicKeyOf = (privateJwk: string): SystemClient['publicKey'] =>
  createPublicKey({
    key: JSON.parse(privateJwk) as Record<string, string>,
    format: 'jwk',
  }).export({ format: 'jwk' });
