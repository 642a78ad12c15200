import { z } from 'zod';
import { type Environment, commonSettings, readSettings } from '#libs/settings/read-settings.js';

/** The desk has no way to the broker. */
const { NATS_URL: _none, ...common } = commonSettings;

const settings = {
  ...common,
  /** Where people reach the desk, as https://desk.example.org: sign-in comes back there, and no form is taken from elsewhere. */
  DESK_URL: z.url(),
  /** `agency.json` and a `<party>.token` for each office: adapters/agency.file.ts. */
  DESK_FOLDER: z.string().min(1),
  /** Seals what is kept: 32 bytes in base64. */
  DESK_KEY: z.string().min(1),
  DATABASE_URL: z.string().min(1),
  GATEWAY_URL: z.url(),
  OIDC_ISSUER: z.url(),
  OIDC_CLIENT_ID: z.string().min(1),
  OIDC_CLIENT_SECRET: z.string().min(1),
  /** A session that is not used for so long ends. */
  SESSION_IDLE_MINUTES: z.coerce.number().min(1).default(60),
  /** However much it is used, it ends after this. */
  SESSION_HOURS: z.coerce.number().min(1).max(24).default(12),
  /** Whether a person may still work here is asked again after so many seconds. */
  PERSON_CHECK_SECONDS: z.coerce.number().min(0).max(60).default(60),
  /** Whether a client's DPA1 still stands is asked so often; at the end of its last day and after a withdrawal here at once. */
  RECORD_ASK_MINUTES: z.coerce.number().min(1).max(1_440).default(60),
  /** Content is erased so long after the last message of its case. */
  KEEP_DAYS: z.coerce.number().int().min(1).default(365),
};

/** @throws MeshError `config-invalid` that names the variables */
export const readConfig = (env: Environment) => readSettings(settings, env);
export type DeskConfig = ReturnType<typeof readConfig>;
