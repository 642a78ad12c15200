import { z } from 'zod';
import { commonSettings, type Environment, readSettings } from '#libs/settings/read-settings.js';

const { NATS_URL, CLOCK_FILE } = commonSettings;

const settings = {
  /** Without it the tool behaves as in production. */
  MESH_ENV: commonSettings.MESH_ENV.default('production'),
  NATS_URL,
  /** The nkey seed of svc_ops. */
  NATS_SEED_FILE: z.string().min(1),
  CLOCK_FILE,
};

/** The clock alone. @throws MeshError `config-invalid` */
export const readClockConfig = (env: Environment = process.env) => {
  const read = readSettings({ MESH_ENV: settings.MESH_ENV, CLOCK_FILE: settings.CLOCK_FILE }, env);
  return { meshEnv: read.MESH_ENV, clockFile: read.CLOCK_FILE };
};

/** What a flag of the command line says goes before the environment. */
export interface OperatorFlags {
  readonly natsUrl?: string | undefined;
  readonly seed?: string | undefined;
}

/** @throws MeshError `config-invalid` that names the variables. */
export const readConfig = (flags: OperatorFlags = {}, env: Environment = process.env) =>
  readSettings(settings, {
    ...env,
    ...(flags.natsUrl === undefined ? {} : { NATS_URL: flags.natsUrl }),
    ...(flags.seed === undefined ? {} : { NATS_SEED_FILE: flags.seed }),
  });
