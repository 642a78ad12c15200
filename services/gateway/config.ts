import { z } from 'zod';
import { type Environment, commonSettings, readSettings } from '#libs/settings/read-settings.js';

const settings = {
  ...commonSettings,
  /** JSON list of the parties that this gateway serves: see adapters/parties.file.ts. */
  GATEWAY_PARTIES_FILE: z.string().min(1),
  /** Requests of one party: so many a second on and on, so many at once. */
  GATEWAY_RATE_PER_SECOND: z.coerce.number().min(0.1).default(50),
  GATEWAY_RATE_BURST: z.coerce.number().int().min(1).default(100),
  /** A client that takes longer to send its request is cut off. */
  GATEWAY_REQUEST_SECONDS: z.coerce.number().int().min(1).max(60).default(15),
};

/** @throws MeshError `config-invalid` that names the variables. */
export const readConfig = (env: Environment) => readSettings(settings, env);
export type GatewayConfig = ReturnType<typeof readConfig>;
