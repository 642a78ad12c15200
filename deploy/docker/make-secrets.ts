import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AgencyEntries, writeAgencyFolder } from '#deploy/local/agency-folder.js';
import { newToken, putGatewayParty } from '#deploy/local/gateway-parties.js';
import {
  accountsText,
  brokerConfig,
  type BrokerConfigOptions,
} from '#deploy/nats/broker-config.js';
import { brokerPublicKey, newCipherKey } from '#deploy/nats/broker-keys.js';
import { writeBrokerFiles } from '#deploy/nats/write-broker-files.js';
import { streamBytes } from './stream-sizes.js';
import {
  evidenceOrigin,
  newNoteKey,
  readSignerKey,
  verifierKeyOf,
} from '#libs/evidence/note-keys.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type BrokerParty, type PartyKind, serviceParties } from '#libs/contracts/party.js';

/** The databases, each with a login role `tc_<name>` of its own. */
export const databases = ['guard', 'router', 'reminders', 'notifier', 'desk'] as const;

interface Deployment {
  /** Where the secrets lie; nobody else may enter it. */
  readonly folder: string;
  /** The agencies' parties: entries of a directory file. */
  readonly parties: readonly { readonly id: string; readonly kind: PartyKind }[];
  /** For the agencies' desks; absent: none is made. */
  readonly directory?: AgencyEntries;
}

/**
 * Makes what is secret about a deployment, and the broker's configuration, which follows from the public halves. What is there already is
 * kept, so that it may be run again when a party joins. The files are readable inside their containers, whoever runs there; the folder
 * around them is its owner's alone.
 *
 *   keys/<user>.nk            guard, provisioner, sys, svc_*
 *   gateway/parties.json      hashes of tokens, and beside it <party>.nk of each agency's party
 *   tokens/<party>            bearer tokens in clear: hand them over and delete them here
 *   broker/nats-server.conf   and spokes/, parties.json: public keys only; accounts.conf: the accounts alone, in one file
 *   <database>-url, postgres-password, valkey-url, valkey-password.conf, guard-keys.json, store.key, mail-*.pem
 *   desk/<agency>/            agency.json and <office>.token: DESK_FOLDER of that agency's desk; desk.key, desk-oidc-secret beside it
 *   evidence.key, and beside it evidence.pub, the key that auditors check the evidence log with
 */
export async function makeSecrets({
  folder,
  parties: agencies,
  directory,
}: Deployment): Promise<readonly BrokerParty[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const keep = (name: string, make: () => string): Promise<string> =>
    keepFile(join(folder, name), make);
  const password = (): string => randomBytes(24).toString('hex');
  for (const name of databases)
    await keep(`${name}-url`, () => `postgres://tc_${name}:${password()}@postgres:5432/${name}`);
  await keep('postgres-password', password);
  const valkey = (await keep('valkey-password.conf', () => `requirepass ${password()}`)).slice(
    'requirepass '.length,
  );
  await keep('valkey-url', () => `redis://:${valkey}@valkey:6379`);
  await keep('guard-keys.json', () =>
    JSON.stringify({ current: 1, keys: { '1': randomBytes(32).toString('base64') } }),
  );
  await keep('store.key', newCipherKey);
  const evidenceKey = await keep('evidence.key', () => newNoteKey(evidenceOrigin).signerKey);
  await keep('evidence.pub', () => verifierKeyOf(readSignerKey(evidenceKey)));
  await makeMailCertificate(folder);
  const parties = await makeParties(folder, agencies);
  await keep('desk.key', () => randomBytes(32).toString('base64'));
  await keep('desk-oidc-secret', password);
  if (directory !== undefined) await makeDesks(folder, directory);
  await makeBroker(folder, parties);
  await openForContainers(folder);
  return parties;
}

async function makeParties(
  folder: string,
  agencies: Deployment['parties'],
): Promise<BrokerParty[]> {
  const account = async (keys: string, id: string, kind: PartyKind): Promise<BrokerParty> => ({
    id,
    kind,
    publicKey: await brokerPublicKey(join(folder, keys), id),
    maxBytes: streamBytes,
  });
  const parties = await Promise.all(serviceParties.map((id) => account('keys', id, 'service')));
  const gateway = join(folder, 'gateway', 'parties.json');
  await keepFile(gateway, () => '[]');
  for (const { id, kind } of agencies) {
    parties.push(await account('gateway', id, kind));
    if (existsSync(join(folder, 'tokens', id))) continue;
    const { token, tokenHash } = newToken();
    await keepFile(join(folder, 'tokens', id), () => token);
    await putGatewayParty(gateway, { party: id, seedFile: `${id}.nk`, tokenHash });
  }
  return parties;
}

/** A folder for each agency's desk: its offices, its people, its tokens while they are in clear here. */
async function makeDesks(folder: string, directory: AgencyEntries): Promise<void> {
  const token = (office: string): string | undefined => {
    const path = join(folder, 'tokens', office);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  };
  for (const agency of new Set(directory.parties.map((party) => party.agency)))
    await writeAgencyFolder(join(folder, 'desk', agency), agency, { directory, tokenOf: token });
}

async function makeBroker(folder: string, parties: readonly BrokerParty[]): Promise<void> {
  const key = (user: string): Promise<string> => brokerPublicKey(join(folder, 'keys'), user);
  const options: BrokerConfigOptions = {
    host: '0.0.0.0',
    port: 4222,
    monitorPort: 8222,
    storeDir: '/data',
    cipher: 'chacha',
    keyVariable: 'JS_KEY',
    guardPublicKey: await key('guard'),
    provisionerPublicKey: await key('provisioner'),
    systemPublicKey: await key('sys'),
    maxFileBytes: 2 * streamBytes * parties.length,
    syncAlways: true,
  };
  const broker = join(folder, 'broker');
  const files = brokerConfig(parties, options);
  await writeBrokerFiles(broker, files);
  const included = (_line: string, path: string): string =>
    files.find((file) => file.path === path)?.text ?? '';
  await writeFile(
    join(broker, 'accounts.conf'),
    accountsText(parties, options).replaceAll(/^ *include "(.*)"$/gm, included),
  );
  await writeFile(join(broker, 'parties.json'), `${JSON.stringify(parties, undefined, 2)}\n`);
}

/** The catcher's certificate, by an authority that the notifier is told of and that signs nothing else. */
async function makeMailCertificate(folder: string): Promise<void> {
  const path = (name: string): string => join(folder, `mail-${name}.pem`);
  if (existsSync(path('cert'))) return;
  const openssl = async (...args: string[]): Promise<void> => {
    await promisify(execFile)('openssl', args).catch((error: unknown) => {
      throw new MeshError(
        'config-invalid',
        'openssl is needed to make the mail catcher’s certificate, and it failed',
        { cause: error },
      );
    });
  };
  const curve = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-x509',
    '-days',
    '3650',
  ];
  const authority = path('authority-key');
  await openssl(
    'req',
    ...curve,
    '-subj',
    '/CN=mail authority',
    '-keyout',
    authority,
    '-out',
    path('ca'),
  );
  const name = [
    '-subj',
    '/CN=mail',
    '-addext',
    'subjectAltName=DNS:mail',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  ];
  await openssl(
    'req',
    ...curve,
    ...name,
    '-CA',
    path('ca'),
    '-CAkey',
    authority,
    '-keyout',
    path('key'),
    '-out',
    path('cert'),
  );
}

async function keepFile(path: string, make: () => string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) await writeFile(path, make(), { mode: 0o600, flag: 'wx' });
  return (await readFile(path, 'utf8')).trim();
}

async function openForContainers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const isFolder = (await stat(path)).isDirectory();
    await chmod(path, isFolder ? 0o755 : 0o644);
    if (isFolder) await openForContainers(path);
  }
}
