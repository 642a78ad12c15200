import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampleDirectoryPath, readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { nodeArguments } from '#libs/settings/node-arguments.js';
import { type AgencyEntries, writeAgencyFolder } from './agency-folder.js';
import { freePorts } from './free-port.js';
import { createDatabases } from './local-databases.js';
import type { LocalMesh } from './mesh.js';
import { type SampleRecord, makeSampleRecord } from './sample-record.js';
import { Stack } from './stack.js';
import { SupervisedProcess } from './supervised-process.js';

/** A job centre's agency, a provider, and a single point of contact: the sample's journey through a browser. */
export const deskAgencies = ['jcp', 'trt_riverside', 'spoc_lsw'] as const;
export type DeskAgency = (typeof deskAgencies)[number];

export interface LocalDesks {
  /** Where each agency's people reach their desk. */
  readonly urls: Readonly<Record<string, string>>;
  /** `DATABASE_URL` of each. */
  readonly databases: Readonly<Record<string, string>>;
  /** Whom the sign-in provider knows: a directory file of its own. */
  readonly peopleFile: string;
  /** The record system of a job centre of the sample: its files, and the private key that opens them. */
  readonly record: SampleRecord;
  /** What each desk knows of its agency: `agency.json`, `<office>.token`. */
  readonly folderOf: (agency: string) => string;
  readonly processes: ReadonlyMap<string, SupervisedProcess>;
  stop(): Promise<void>;
}

export interface DeskOptions {
  /** Where the mesh keeps its state. */
  readonly folder: string;
  readonly agencies?: readonly DeskAgency[];
  readonly print?: (line: string) => void;
  /** Settings that differ from the usual ones: a test waits for no minute. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The desks beside a mesh, each of one agency, with a database of its own, and the sample's sign-in provider. */
export async function startDesks(mesh: LocalMesh, options: DeskOptions): Promise<LocalDesks> {
  const stack = new Stack();
  try {
    return await start(mesh, options, stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(mesh: LocalMesh, options: DeskOptions, stack: Stack): Promise<LocalDesks> {
  const { folder, agencies = deskAgencies, print = () => undefined } = options;
  const directory = await readSampleDirectory();
  const secrets = join(mesh.secrets.folder, 'desk');
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  const databases = await createDatabases(
    mesh.servers.postgres,
    join(secrets, 'databases.json'),
    agencies.map((agency) => `desk_${agency}`),
  );
  const ports = await freePorts(agencies.length);
  const desks = await Promise.all(
    agencies.map(async (agency, index) => ({
      agency,
      port: ports[index] ?? 0,
      url: `http://127.0.0.1:${ports[index]}`,
      folder: join(secrets, agency),
      secret: await kept(join(secrets, `${agency}.oidc`), 'base64url'),
      key: await kept(join(secrets, `${agency}.key`), 'base64'),
      offices: directory.parties.filter((party) => party.agency === agency).map(({ id }) => id),
    })),
  );
  const record = await makeSampleRecord(folder, secrets);
  for (const desk of desks) await writeDeskFolder(mesh, directory, desk, record);
  const peopleFile = join(secrets, 'people.json');
  await copyFile(sampleDirectoryPath, peopleFile);
  const signIn = signInProcess(mesh, folder, peopleFile, desks);
  const processes = new Map([
    ['sign-in', signIn],
    ...desks.map((desk): [string, SupervisedProcess] => [
      desk.agency,
      deskProcess(desk, {
        log: join(folder, 'log', `desk-${desk.agency}.log`),
        env: {
          ...environment(mesh, desk, databases[`desk_${desk.agency}`] ?? ''),
          OIDC_ISSUER: mesh.signIn.issuer,
          ...options.settings,
        },
      }),
    ]),
  ]);
  for (const each of processes.values()) {
    each.events.on('restarted', print);
    await stack.push(() => each.stop());
  }
  await Promise.all([...processes.values()].map((each) => each.start()));
  return {
    urls: Object.fromEntries(desks.map(({ agency, url }) => [agency, url])),
    databases: Object.fromEntries(
      desks.map(({ agency }) => [agency, databases[`desk_${agency}`] ?? '']),
    ),
    peopleFile,
    record,
    folderOf: (agency) => join(secrets, agency),
    processes,
    stop: () => stack.stop(),
  };
}

async function writeDeskFolder(
  mesh: LocalMesh,
  directory: AgencyEntries,
  { agency, folder, offices }: DeskPlace,
  record: SampleRecord,
): Promise<void> {
  await writeAgencyFolder(folder, agency, {
    directory,
    tokenOf: (id) => mesh.tokens[id],
    recordOf: (id) => (id === record.office ? { folder: record.folder } : undefined),
  });
  if (offices.includes(record.office))
    await writeFile(join(folder, `${record.office}.record-key.asc`), record.publicKey);
}

interface DeskPlace {
  readonly agency: string;
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  readonly secret: string;
  readonly key: string;
  readonly offices: readonly string[];
}

const environment = (
  mesh: LocalMesh,
  desk: DeskPlace,
  database: string,
): Record<string, string> => ({
  MESH_ENV: 'local',
  CLOCK_FILE: mesh.clockFile,
  LOG_LEVEL: 'info',
  HTTP_PORT: String(desk.port),
  DESK_URL: desk.url,
  DESK_FOLDER: desk.folder,
  DESK_KEY: desk.key,
  DATABASE_URL: database,
  GATEWAY_URL: mesh.gatewayUrl,
  OIDC_CLIENT_ID: `desk_${desk.agency}`,
  OIDC_CLIENT_SECRET: desk.secret,
});

function deskProcess(
  { agency }: DeskPlace,
  { env, log }: { readonly env: Record<string, string>; readonly log: string },
): SupervisedProcess {
  const main = fileURLToPath(new URL('../../services/desk/main.js', import.meta.url));
  return new SupervisedProcess({
    name: `desk-${agency}`,
    command: process.execPath,
    args: [...nodeArguments('desk'), main],
    env,
    ready: /"event":"ready"/,
    logFile: log,
  });
}

function signInProcess(
  mesh: LocalMesh,
  folder: string,
  peopleFile: string,
  desks: readonly DeskPlace[],
): SupervisedProcess {
  const clients = desks.map(({ agency, secret, url, offices }) => ({
    id: `desk_${agency}`,
    secret,
    redirectUri: `${url}/sign-in/done`,
    offices,
  }));
  return new SupervisedProcess({
    name: 'sign-in',
    command: process.execPath,
    args: ['--enable-source-maps', fileURLToPath(new URL('sign-in-main.js', import.meta.url))],
    env: {
      MESH_ENV: 'local',
      SIGN_IN_PORT: String(mesh.signIn.port),
      SIGN_IN_PEOPLE_FILE: peopleFile,
      SIGN_IN_CLIENTS: JSON.stringify(clients),
      SIGN_IN_SYSTEMS: JSON.stringify(mesh.signIn.systems),
      SIGN_IN_AUDIENCE: mesh.gatewayUrl,
    },
    ready: /"event":"ready"/,
    logFile: join(folder, 'log', 'sign-in.log'),
  });
}

const secretBytes = 32;

async function kept(file: string, encoding: 'base64' | 'base64url'): Promise<string> {
  if (!existsSync(file))
    await writeFile(file, randomBytes(secretBytes).toString(encoding), { mode: 0o600, flag: 'wx' });
  return (await readFile(file, 'utf8')).trim();
}
