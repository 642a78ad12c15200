import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isMailAddress } from '#libs/contracts/mail-address.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { readSettings } from '#libs/settings/read-settings.js';
import type { RelayOptions } from './adapters/smtp.courier.js';
import type { SenderIdentity } from './domain/letter.js';

export interface NotifierConfig {
  readonly meshEnv: 'local' | 'production';
  readonly natsUrl: string;
  readonly natsSeedFile: string;
  readonly databaseUrl: string;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly logLevel: string;
  readonly clockFile: string | undefined;
  readonly relay: RelayOptions;
  readonly sender: SenderIdentity;
  readonly signingKeyFile: string;
  /** Mails on their way at once. */
  readonly sendLanes: number;
}

const port = z.coerce.number().int().min(0).max(65_535);
const mailDomain = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain in lower case');
const bareAddress = z
  .string()
  .regex(/^[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a bare mail address in lower case')
  .refine(isMailAddress, 'must be a mail address');

const schema = z.object({
  MESH_ENV: z.enum(['local', 'production']),
  NATS_URL: z.string().min(1),
  NATS_SEED_FILE: z.string().min(1),
  DATABASE_URL: z.string().min(1),
  HTTP_HOST: z.string().default('127.0.0.1'),
  HTTP_PORT: port.default(0),
  LOG_LEVEL: z.string().default('info'),
  CLOCK_FILE: z.string().min(1).optional(),
  SMTP_HOST: z.string().min(1),
  SMTP_PORT: port.min(1),
  SMTP_TLS: z.enum(['implicit', 'starttls', 'none']).default('starttls'),
  SMTP_USER: z.string().min(1).optional(),
  SMTP_PASSWORD_FILE: z.string().min(1).optional(),
  SMTP_CA_FILE: z.string().min(1).optional(),
  MAIL_FROM: bareAddress,
  MAIL_REPLY_TO: bareAddress.optional(),
  MAIL_EHLO_NAME: mailDomain.optional(),
  SIGNING_KEY_FILE: z.string().min(1),
  SEND_LANES: z.coerce.number().int().min(1).max(32).default(4),
});
type Variables = z.infer<typeof schema>;

/** Words that would tell every relay on the way what the mail is about. */
const telling =
  /throughcare|drug|alcohol|substance|addict|treat|recover|rehab|clinic|probation|jobcentre|benefit/;

/** The notifier's settings from its environment; an empty variable counts as absent. @throws MeshError `config-invalid`, naming the variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): NotifierConfig {
  const given = readSettings(schema.shape, env);
  checkRelay(given);
  const [, domain = ''] = given.MAIL_FROM.split('@');
  const sender = {
    address: given.MAIL_FROM,
    replyTo: given.MAIL_REPLY_TO ?? `no-reply@${domain}`,
    idDomain: domain,
  };
  const ehloName = given.MAIL_EHLO_NAME ?? domain;
  if (telling.test(`${Object.values(sender).join(' ')} ${ehloName}`))
    throw invalid(
      'MAIL_FROM, MAIL_REPLY_TO and MAIL_EHLO_NAME are read by every relay: use names that do not tell what the mail is about',
    );
  return Object.freeze({
    meshEnv: given.MESH_ENV,
    natsUrl: given.NATS_URL,
    natsSeedFile: given.NATS_SEED_FILE,
    databaseUrl: given.DATABASE_URL,
    httpHost: given.HTTP_HOST,
    httpPort: given.HTTP_PORT,
    logLevel: given.LOG_LEVEL,
    clockFile: given.CLOCK_FILE,
    relay: relayOf(given, ehloName, domain),
    sender,
    signingKeyFile: given.SIGNING_KEY_FILE,
    sendLanes: given.SEND_LANES,
  });
}

function checkRelay({
  MESH_ENV,
  SMTP_HOST,
  SMTP_TLS,
  SMTP_USER,
  SMTP_PASSWORD_FILE,
}: Variables): void {
  const isLoopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(SMTP_HOST);
  if (SMTP_TLS === 'none' && (MESH_ENV === 'production' || !isLoopback))
    throw invalid(
      'SMTP_TLS: none is for a loopback relay of a local mesh only; use starttls or implicit',
    );
  if ((SMTP_USER === undefined) !== (SMTP_PASSWORD_FILE === undefined))
    throw invalid('SMTP_USER and SMTP_PASSWORD_FILE go together');
}

function relayOf(given: Variables, ehloName: string, domain: string): RelayOptions {
  const { SMTP_USER: user, SMTP_PASSWORD_FILE: passwordFile, SMTP_CA_FILE: authorityFile } = given;
  return {
    host: given.SMTP_HOST,
    port: given.SMTP_PORT,
    tls: given.SMTP_TLS,
    ehloName,
    envelopeSender: `bounces@${domain}`,
    ...(user === undefined || passwordFile === undefined
      ? {}
      : { user, password: contentOf('SMTP_PASSWORD_FILE', passwordFile).trim() }),
    ...(authorityFile === undefined
      ? {}
      : { certificateAuthority: contentOf('SMTP_CA_FILE', authorityFile) }),
  };
}

function contentOf(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MeshError('config-invalid', `${variable} names a file that cannot be read`, {
      cause,
    });
  }
}

const invalid = (message: string): MeshError => new MeshError('config-invalid', message);
