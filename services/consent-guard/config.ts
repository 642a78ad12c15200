import { z } from 'zod';
import { type Environment, commonSettings, readSettings } from '#libs/settings/read-settings.js';

const settings = {
  ...commonSettings,
  NATS_SEED_FILE: z.string().min(1),
  DATABASE_URL: z.string().min(1),
  /** JSON `{ "current": 1, "keys": { "1": "<32 bytes, base64>" } }`: the keys that clients' pseudonyms and kept payloads rest on. */
  GUARD_KEYS_FILE: z.string().min(1),
  /** Signer key of signed notes, `PRIVATE+KEY+<name>+<id>+<seed>`: signs the heads of the evidence tree; its name is the log's origin. */
  EVIDENCE_KEY_FILE: z.string().min(1),
  /** How long what went out is kept, with the consents it rests on, and how long refusals are, in days of the mesh's clock. */
  RETENTION_DISCLOSURES_DAYS: z.coerce.number().positive().default(2_190),
  RETENTION_REFUSALS_DAYS: z.coerce.number().positive().default(365),
  /** How long a message may wait for a route, in hours of the mesh's clock. */
  ROUTE_TIMEOUT_HOURS: z.coerce.number().positive().default(72),
  /** How long who took a delivery has for it; not done by then, it waits again. */
  IN_HAND_SECONDS: z.coerce.number().positive().max(3_600).default(60),
  /** How long what was read and committed stays in its sender's stream: a database that lost its last seconds finds it there. */
  TRIM_AFTER_SECONDS: z.coerce.number().min(0).default(600),
  /** Messages judged together, at most. */
  BATCH_SIZE: z.coerce.number().int().min(1).max(2048).default(1024),
  /** Messages of agencies whose id was made longer ago are refused, in hours. */
  ID_MAX_AGE_HOURS: z.coerce.number().positive().default(168),
};

export type GuardConfig = ReturnType<typeof readConfig>;

/** @throws MeshError `config-invalid` naming the variables. */
export const readConfig = (env: Environment) => readSettings(settings, env);
