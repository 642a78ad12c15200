import { fileURLToPath } from 'node:url';
import { nodeArguments } from '#libs/settings/node-arguments.js';
import type { DatabaseName, DatabaseUrls } from './local-databases.js';
import type { MeshSecrets } from './mesh-secrets.js';
import { SupervisedProcess } from './supervised-process.js';

/** The services, in the order in which they are started; stopped in the reverse. */
export const serviceNames = [
  'consent-guard',
  'referral-router',
  'reminders',
  'notifier',
  'gateway',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** What the services are told of the servers. Asked at every start: a server that came back may have a new address. */
export interface ServiceGround {
  readonly natsUrl: string;
  readonly redisUrl: string;
  readonly smtpPort: number;
  readonly databases: DatabaseUrls;
  readonly clockFile: string;
  readonly secrets: MeshSecrets;
  readonly gatewayPort: number;
  /** The sample's sign-in provider, whether it runs or not. */
  readonly issuer: string;
  readonly settings?: ServiceSettings;
}

/** Variables of a service that differ from what it gets here otherwise. */
export type ServiceSettings = Partial<Record<ServiceName, Readonly<Record<string, string>>>>;

const users: Readonly<
  Record<
    Exclude<ServiceName, 'gateway'>,
    { readonly user: string; readonly database: DatabaseName }
  >
> = {
  'consent-guard': { user: 'guard', database: 'guard' },
  'referral-router': { user: 'svc_router', database: 'router' },
  reminders: { user: 'svc_reminders', database: 'reminders' },
  notifier: { user: 'svc_notifier', database: 'notifier' },
};

export const gatewayUrl = (port: number): string => `http://127.0.0.1:${port}`;

/** The environment of a service: the same variables that containers get, with files and ports of this machine. */
export function serviceEnvironment(
  name: ServiceName,
  ground: ServiceGround,
): Record<string, string> {
  const { secrets } = ground;
  const common = {
    MESH_ENV: 'local',
    NATS_URL: ground.natsUrl,
    CLOCK_FILE: ground.clockFile,
    LOG_LEVEL: 'info',
    HTTP_PORT: '0',
  };
  if (name === 'gateway')
    return {
      ...common,
      HTTP_PORT: String(ground.gatewayPort),
      GATEWAY_PARTIES_FILE: secrets.gatewayPartiesFile,
      GATEWAY_ISSUERS: ground.issuer,
      GATEWAY_AUDIENCE: gatewayUrl(ground.gatewayPort),
    };
  const { user, database } = users[name];
  const own = {
    ...common,
    NATS_SEED_FILE: secrets.seed(user),
    DATABASE_URL: ground.databases[database],
  };
  switch (name) {
    case 'consent-guard':
      return {
        ...own,
        GUARD_KEYS_FILE: secrets.guardKeysFile,
        EVIDENCE_KEY_FILE: secrets.evidenceKeyFile,
      };
    case 'referral-router':
      return own;
    case 'reminders':
      return { ...own, REDIS_URL: ground.redisUrl };
    case 'notifier':
      return {
        ...own,
        SMTP_HOST: '127.0.0.1',
        SMTP_PORT: String(ground.smtpPort),
        SMTP_TLS: 'none',
        MAIL_FROM: 'notices@post.example.org',
        SIGNING_KEY_FILE: secrets.signingKeyFile,
      };
  }
}

/** A service as a process of its own, kept running. */
export function serviceProcess(
  name: ServiceName,
  label: string,
  ground: ServiceGround,
  logFile: string,
): SupervisedProcess {
  const main = fileURLToPath(new URL(`../../services/${name}/main.js`, import.meta.url));
  return new SupervisedProcess({
    name: label,
    command: process.execPath,
    args: [...nodeArguments(name), main],
    env: { ...serviceEnvironment(name, ground), ...ground.settings?.[name] },
    ready: /"event":"ready"/,
    logFile,
  });
}
